/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file system in memory that is mounted at /: directories are hash tables (ramfs.c), file
 * contents are trees of page frames that mmap shares (ramfs_file.c).
 */
#ifndef FS_RAMFS_H
#define FS_RAMFS_H

#include "fs/inode.h"

struct ramfs_entry {
    struct ramfs_entry *bucket_next;
    struct ramfs_entry *next, *previous; /* in order of the cookie */
    struct inode *inode;                 /* one reference held */
    uint64_t cookie;                     /* position for getdents, never used again in this directory */
    uint32_t hash;
    uint32_t length;
    char name[];
};

struct ramfs_directory {
    struct ramfs_entry **buckets;
    uint32_t bucket_count; /* a power of two */
    uint32_t entry_count;
    uint32_t children; /* inodes whose parent this is: each holds a reference */
    struct ramfs_entry *first, *last;
    struct ramfs_entry *named; /* the directory's own name in its parent, while it has one */
    uint64_t next_cookie;
};

/* A tree of frames: at height 0 `root` is page 0 of the file, at height n a table of 512 trees of height n - 1. */
struct ramfs_pages {
    coop_paddr root;
    uint32_t height;
};

struct ramfs_inode {
    struct inode inode; /* first: the two are converted by a cast */
    union {
        struct ramfs_directory directory;
        struct ramfs_pages pages;
        char *target; /* of a symbolic link */
    };
};

/* The limits, so that a runaway program gets ENOSPC and the kernel keeps memory: frames of file contents and tables. */
struct ramfs_usage {
    uint64_t frames, frame_limit;
    uint64_t inodes;
};
extern struct ramfs_usage ramfs_usage;

/* The first file system, and those that are mounted later: they share the limits, and may have narrower ones. */
#define RAMFS_VOLUMES      16
#define RAMFS_DEVICE       1   /* st_dev of the first one */
#define RAMFS_LATER_DEVICE 32u /* of the others from here on */
struct ramfs_volume {
    struct volume volume;
    uint32_t number; /* st_dev */
    bool exists;
    int64_t magic;     /* of statfs(2) */
    uint64_t nameless; /* inodes that have no name any more, and are in use */
    /* Its own limits (0: only those of all) and what is in use: frames of contents, inodes. */
    uint64_t frame_limit, frames, inode_limit, inodes;
};

/* The first one, at /; is the inode in any of them? */
struct ramfs_volume *ramfs_first_volume(void);
bool ramfs_holds(const struct inode *inode);
static inline struct ramfs_volume *ramfs_volume_of(const struct inode *inode)
{
    return (struct ramfs_volume *)inode->volume;
}

/* Makes one more, whose root's reference is the caller's: 0, -ENOSPC: there are too many, -ENOMEM, and as
 * ramfs_set_options. */
int ramfs_create_volume(int64_t magic, uint32_t flags, const char *options, struct inode **root);

/* size=, nr_inodes=, mode=, uid= and gid= as tmpfs takes them; `fresh`: as the root is made, otherwise the limits alone
 * mean something. 0, or -EINVAL for anything else and for limits below what is in use. */
int ramfs_set_options(struct inode *root, const char *options, bool fresh);

/* What /proc/mounts says about them. */
void ramfs_print_options(const struct inode *root, char *text, size_t size);

/* What statfs(2) tells. */
void ramfs_status(const struct inode *inode, struct abi_statfs *status);

int ramfs_remount(struct inode *root, uint32_t flags);

/* Frees all that is in it: 0, or -EBUSY when any of it is in use. */
int ramfs_free_volume(struct inode *root, uint32_t callers_references, bool force);

/* Takes a name off a directory, with its reference (ramfs_volume.c empties directories). */
void ramfs_drop_first(struct inode *directory);

/* Makes an empty file system and returns its root directory; one reference is the caller's. NULL: out of memory. */
struct inode *ramfs_create_root(void);
struct inode *ramfs_create_directory(struct ramfs_volume *volume);

/* An inode without a name, which goes with its last reference. NULL: no room. */
struct inode *ramfs_create_unnamed(uint32_t mode);

/* Contents (ramfs_file.c). */
extern const struct file_operations ramfs_file_operations;
int ramfs_file_truncate(struct inode *inode, uint64_t bytes);
void ramfs_file_free(struct ramfs_inode *inode);

/* Writes kernel memory into a file (the initramfs): 0 or -errno. */
int ramfs_file_fill(struct inode *inode, const void *from, uint64_t bytes);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree of mounts: which root stands over which directory. The walk (path.c) reads inode->mounted only; what mounts,
 * unmounts, moves and pivots (syscall/file_mount.c) goes through here. A root is mounted once. Roots stack: who covers
 * a covered directory covers the root that stands there.
 */
#ifndef FS_MOUNT_H
#define FS_MOUNT_H

#include "fs/inode.h"

struct block_device;

#define MOUNT_SOURCE_BYTES 32

/* A kind of file system. */
struct mount_type {
    const char *name;
    const char *options; /* for /proc/mounts */
    bool needs_device;
    bool is_made_up; /* an inode lives as long as its look-up is used: none below the root can be covered */
    uint32_t flags;  /* VOLUME_* that it can do */
    /* Makes a root, whose reference is the caller's: 0 or -errno. May sleep. */
    int (*make)(struct block_device *device, uint32_t flags, const char *options, struct inode **root);
    /* Takes it away, which nobody can reach any more: 0, -EBUSY, when there are more references in it than one to the
     * root and those of the caller. With `force` no other error keeps it. May sleep. */
    int (*unmake)(struct inode *root, uint32_t callers_references, bool force);
    /* Other flags for its volume, which change nothing or all: 0 or -errno. NULL: it has no volume. May sleep. */
    int (*remount)(struct inode *root, uint32_t flags);
    /* Other options, and the text of those in force. NULL: it has none. */
    int (*set_options)(struct inode *root, const char *options, bool fresh);
    void (*print_options)(const struct inode *root, char *text, size_t size);
};

struct mount {
    struct mount *next; /* by age */
    const struct mount_type *type;
    struct inode *root;    /* one reference held */
    struct inode *covered; /* one reference held; NULL: the root of all */
    uint32_t flags;
    uint32_t number; /* for /proc/PID/mountinfo */
    char source[MOUNT_SOURCE_BYTES];
};

/* The kinds by name; NULL behind the last one. */
const struct mount_type *mount_type(unsigned index);
const struct mount_type *mount_type_find(const char *name);

/* The mount whose root this is, or NULL. */
static inline struct mount *mount_of_root(const struct inode *inode)
{
    return inode_is_directory(inode) ? inode->context : NULL;
}

struct mount *mount_first(void);

/* Mounts it anew with other flags and, unless `options` is NULL, other options: 0, -EBUSY: something in it is open for
 * writing, -EINVAL, -EROFS ... May sleep. */
int mount_change(struct mount *mount, uint32_t flags, const char *options);

/* Can a root be put over this directory? 0, -ENOENT: it was removed, -EINVAL: nobody would find it again. */
int mount_check_place(const struct inode *directory);

/* Puts a root over a directory (NULL: it is the root of all). The root's reference is taken over on success.
 * 0, -ENOMEM, or what mount_check_place says. */
int mount_add(const struct mount_type *type, struct inode *root, struct inode *directory, const char *source,
              uint32_t flags);

/* Takes a mount away, of whose root the caller holds one reference: 0 or -EBUSY, -EIO ... May sleep. */
int mount_remove(struct mount *mount);

/* Takes it and all that is mounted below it out of sight at once, whoever is still in there: 0, or -EBUSY for the root
 * of all. Its file system ends when nobody is. */
int mount_detach(struct mount *mount);

/* Ends the file systems out of sight that nobody is in any more. May sleep. */
extern struct mount *mount_detached;
void mount_end_detached(void);

/* Puts a mount over another directory: 0, -EINVAL (the root of all), -ELOOP (into itself), or what
 * mount_check_place says. */
int mount_move(struct mount *mount, struct inode *directory);

/* pivot_root(2): `mount` comes to where `root` stands, `root` over a directory in `mount`, and who is in the old root's
 * directory is in the new one's. All of it is checked by the caller. */
void mount_pivot(struct mount *mount, struct mount *root, struct inode *directory);

/* Is the inode `top`, or below it? */
bool mount_is_below(const struct inode *inode, const struct inode *top);

/* The root of the file system that an inode is in; NULL: its name is gone. */
struct mount *mount_holding(const struct inode *inode);

#endif

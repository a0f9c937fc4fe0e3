/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ext2 on block devices, read and written: what its files share. Layout on disk as in "The Second Extended File
 * System" (D. Poirier) and the headers of e2fsprogs. Each mounted one is a volume with a lock and a cache of its own.
 * With blocks of 4 KiB a block is a frame is a page: the cache holds them all, and mmap shares its frames. Where blocks
 * are of 1 or 2 KiB, the cache holds them and, beside them, pages of files that are put together from them.
 *   ext2.c volumes, super block   ext2_cache.c blocks in memory    ext2_allocate.c bitmaps
 *   ext2_freeze.c holding still
 *   ext2_inode.c inodes           ext2_map.c where a file's blocks are    ext2_page.c pages of small blocks
 *   ext2_directory.c names in a directory    ext2_names.c inode operations    ext2_file.c contents
 */
#ifndef FS_EXT2_H
#define FS_EXT2_H

#include "drivers/block.h"
#include "fs/inode.h"
#include "kernel/wait.h"
#include "memory/frame.h"

#define EXT2_PAGE_BYTES   4096u /* the largest block */
#define EXT2_PAGE_BITS    12u
#define EXT2_BLOCK_BITS   10u /* the smallest one */
#define EXT2_PAGE_PARTS   4u  /* of it in a page */
#define EXT2_SUPER_OFFSET 1024u
#define EXT2_MAGIC        0xef53u
#define EXT2_ROOT         2u /* the root directory's inode */
#define EXT2_VALID        1u /* state: unmounted cleanly */
#define EXT2_LINK_LIMIT   32000u

#define EXT2_INCOMPATIBLE_FILETYPE 0x2u
#define EXT2_READ_ONLY_SPARSE      0x1u
#define EXT2_READ_ONLY_LARGE_FILE  0x2u

#define EXT2_INODE_INDEX 0x1000u /* flags of a directory: has a hash tree, which whoever ignores it must disclaim */

/* The super block, at byte 1024; what lies behind is not touched. */
struct ext2_super {
    uint32_t inodes, blocks, reserved_blocks, free_blocks, free_inodes, first_data_block;      /* 0 */
    uint32_t log_block_bytes, log_fragment_bytes, group_blocks, group_fragments, group_inodes; /* 24 */
    uint32_t mount_time, write_time;                                                           /* 44 */
    uint16_t mounts, mounts_most, magic, state, errors, revision_minor;                        /* 52 */
    uint32_t check_time, check_interval, creator, revision;                                    /* 64 */
    uint16_t reserved_uid, reserved_gid;                                                       /* 80 */
    uint32_t first_inode;                                                                      /* 84 */
    uint16_t inode_bytes, group;                                                               /* 88 */
    uint32_t compatible, incompatible, read_only;                                              /* 92 */
};
_Static_assert(sizeof(struct ext2_super) == 104, "super block");

struct ext2_group {
    uint32_t block_bitmap, inode_bitmap, inode_table;
    uint16_t free_blocks, free_inodes, directories, pad;
    uint32_t reserved[3];
};
_Static_assert(sizeof(struct ext2_group) == 32, "group descriptor");

#define EXT2_DIRECT   12u
#define EXT2_POINTERS 15u /* twelve blocks, then trees of one, two and three levels */

struct ext2_disk_inode {
    uint16_t mode, uid;
    uint32_t size, accessed, changed, modified, deleted;  /* 4 */
    uint16_t gid, links;                                  /* 24 */
    uint32_t sectors, flags, system;                      /* 28 */
    uint32_t block[EXT2_POINTERS];                        /* 40 */
    uint32_t generation, attributes, size_high, fragment; /* 100 */
    uint16_t fragment_number, pad, uid_high, gid_high;    /* 116 */
    uint32_t reserved;
};
_Static_assert(sizeof(struct ext2_disk_inode) == 128, "inode");

/* A directory entry; the name follows. Lengths are multiples of 4, the last one reaches to the block's end. */
struct ext2_entry {
    uint32_t inode; /* 0: not in use */
    uint16_t bytes;
    uint8_t name_bytes, type;
};
#define EXT2_ENTRY_HEAD 8u

/* A block in memory, or a page of a file whose blocks are smaller. */
struct ext2_block {
    struct ext2_block *next;          /* of the same hash */
    struct ext2_block *newer, *older; /* by last use */
    uint64_t number;                  /* of a page EXT2_PAGE(its inode, its index in the file) */
    uint32_t parts[EXT2_PAGE_PARTS];  /* a page's blocks; 0: a hole */
    coop_paddr frame;
    uint32_t pins;
    bool dirty;
    bool mapped; /* a process may write it through a mapping: it is written back as if dirty */
    bool gone;   /* the block has been freed: what is still written here reaches nobody */
};

#define EXT2_PAGE(inode, index) ((uint64_t)(inode) << 32 | (index)) /* larger than any block's number */

struct ext2_inode {
    struct inode inode;      /* first: the two are converted by a cast */
    struct ext2_inode *next; /* of the same hash */
    uint32_t block[EXT2_POINTERS];
    uint32_t flags;
};

#define EXT2_BUCKETS 256u

/* A volume. Everything but `device` and what is constant after mount under its lock. */
struct ext2 {
    struct volume volume;        /* first: the two are converted by a cast */
    struct ext2 *next;           /* of all volumes */
    struct block_device *device; /* NULL: unmounted, and kept for what still leads here */
    uint32_t users;              /* who holds on to it without any of its inodes */
    uint32_t inodes, blocks, groups, group_blocks, group_inodes, inode_bytes, first_inode, first_block;
    uint32_t block_bytes, block_bits, block_sectors, numbers_bits /* of the numbers in a block */;
    bool read_only;
    bool frozen;              /* ext2_freeze.c: nothing is written, no writer begins */
    bool frozen_whole;        /* and what had begun is over */
    uint32_t writers;         /* calls of write(2) on their way */
    struct wait_queue thawed; /* or the last writer has left */
    struct inode *root;       /* while the mount holds it */

    struct process *owner; /* holds the lock */
    uint32_t depth;
    bool owner_uninterruptible; /* as it was before */
    struct wait_queue queue;

    struct ext2_block *buckets[EXT2_BUCKETS];
    struct ext2_block *newest, *oldest;
    uint32_t cached, cached_most;
    struct ext2_inode *open_inodes[EXT2_BUCKETS];
};

/* Makes the root of the device's file system, whose reference is the caller's: 0, -EBUSY, -EINVAL (with a line in the
 * log), -EIO, -ENOMEM. */
int ext2_mount(struct block_device *device, uint32_t flags, struct inode **root);

/* 0, or -EBUSY while something in it is in use besides these references and one. With `force` nothing that the device
 * says keeps it. */
int ext2_unmount(struct inode *root, uint32_t callers_references, bool force);

/* Takes up writing, or leaves it when all is written: 0, -EBUSY (what was removed is in use), -EROFS (it has features
 * that forbid it), -EIO ... */
int ext2_remount(struct inode *root, uint32_t flags);

/* All that was changed in the inode's volume, or in all of them, is on the device when this returns. */
int ext2_sync_holding(struct inode *inode);
int ext2_sync_all(void);

int ext2_status(struct inode *inode, struct abi_statfs *status);
bool ext2_holds(const struct inode *inode); /* is it in one of the volumes? */

/* ---- among ext2's own files; all with the lock held ---- */

extern struct ext2 *ext2_volumes; /* in no order */

int ext2_sync(struct ext2 *ext2);

/* Others sleep meanwhile, no signal interrupts its holder; may be taken again by the same process. */
void ext2_lock(struct ext2 *ext2);
int ext2_unlock(struct ext2 *ext2, int status); /* gives `status` back */

/* All that was changed is on the device, whose file system is marked as unmounted. */
int ext2_write_out(struct ext2 *ext2);
int ext2_set_state(struct ext2 *ext2, bool mounted);

/* ext2_freeze.c: before a call that changes the volume. */
void ext2_freeze_wait(struct ext2 *ext2);
void ext2_freeze_lock(struct ext2 *ext2);          /* gives the lock up while it waits */
void ext2_freeze_writer_leaves(struct ext2 *ext2); /* who was counted in `writers` */
long ext2_freeze_control(struct file *file, uint32_t request, uint64_t argument);
static inline void ext2_lock_writing(struct ext2 *ext2)
{
    ext2_lock(ext2);
    if (ext2->frozen)
        ext2_freeze_lock(ext2);
}

/* The volume of an inode or a reference to it is gone: it is freed with the last one once it is unmounted. */
void ext2_leave(struct ext2 *ext2);

/* ext2_cache.c: a block, pinned until ext2_cache_put. */
enum ext2_fill { EXT2_READ, EXT2_CLEAR, EXT2_OVERWRITE /* zeroes if it was not cached */ };
int ext2_cache_get(struct ext2 *ext2, uint32_t number, enum ext2_fill fill, struct ext2_block **block);
void ext2_cache_put(struct ext2_block *block);
void ext2_cache_put_dirty(struct ext2_block *block);
void ext2_cache_forget(struct ext2 *ext2, uint64_t number);
void ext2_cache_detach(struct ext2 *ext2, struct ext2_block *block);
/* What is cached of that number, or NULL; a block that is not, with its parts named, is read or cleared. */
struct ext2_block *ext2_cache_find(struct ext2 *ext2, uint64_t number);
int ext2_cache_add(struct ext2 *ext2, uint64_t number, const uint32_t *parts, enum ext2_fill fill,
                   struct ext2_block **made);
int ext2_cache_flush(struct ext2 *ext2);
void ext2_cache_drop(struct ext2 *ext2); /* all of it, clean or not */

static inline void *ext2_block_bytes(const struct ext2_block *block)
{
    return frame_address(block->frame);
}

/* ext2.c: a change of the super block's or a group's free counts. */
int ext2_count(struct ext2 *ext2, uint32_t group, int blocks, int inodes, int directories);
int ext2_group_get(struct ext2 *ext2, uint32_t group, struct ext2_group *descriptor);

/* ext2_allocate.c: 0 and a number, -ENOSPC, -EIO. New blocks are near `near`. */
int ext2_block_allocate(struct ext2 *ext2, uint32_t near, uint32_t *number);
int ext2_block_free(struct ext2 *ext2, uint32_t number);
int ext2_inode_allocate(struct ext2 *ext2, uint32_t near, bool directory, uint32_t *number);
int ext2_inode_free(struct ext2 *ext2, uint32_t number, bool directory);

/* ext2_inode.c */
static inline struct ext2_inode *ext2_of(struct inode *inode)
{
    return (struct ext2_inode *)inode;
}
static inline struct ext2 *ext2_volume(const struct inode *inode)
{
    return (struct ext2 *)inode->volume;
}
int ext2_inode_get(struct ext2 *ext2, uint32_t number, struct inode **inode); /* one reference is the caller's */
int ext2_inode_make(struct inode *directory, uint32_t mode, uint64_t device, struct inode **inode);
int ext2_inode_store(struct inode *inode);
int ext2_inode_store_all(struct ext2 *ext2);
void ext2_inode_destroy(struct inode *inode);
bool ext2_inode_any_open(const struct ext2 *ext2, const struct inode *except);
bool ext2_inode_any_removed(const struct ext2 *ext2); /* and still in use */
extern const struct inode_operations ext2_directory_operations, ext2_file_inode_operations, ext2_link_operations,
    ext2_fifo_operations, ext2_device_operations;

/* ext2_map.c: the file's block `index`; 0 in a hole. With `make` it is made, and *fresh tells. */
int ext2_map(struct ext2_inode *inode, uint64_t index, bool make, uint32_t *number, bool *fresh);
int ext2_map_cut(struct ext2_inode *inode, uint64_t first); /* frees the blocks from `first` on */
uint64_t ext2_map_limit(const struct ext2 *ext2);           /* bytes of the longest file */

/* ext2_page.c, for blocks that are smaller than a page: the page `index` of a file, pinned; NULL: all of it is a hole.
 * Making it, it has blocks for the bytes from `from` to `end` in it. */
static inline bool ext2_page_is_needed(const struct ext2 *ext2)
{
    return ext2->block_bits < EXT2_PAGE_BITS;
}
int ext2_page_get(struct ext2_inode *inode, uint64_t index, struct ext2_block **block);
int ext2_page_make(struct ext2_inode *inode, uint64_t index, uint32_t from, uint32_t end, struct ext2_block **block,
                   bool *fresh);
/* The file's blocks from that byte on are to be freed: its pages forget them. */
void ext2_page_cut(struct ext2_inode *inode, uint64_t bytes);
/* The file gets longer: what a process may write through a mapping needs a block now. */
int ext2_page_lengthen(struct ext2_inode *inode, uint64_t bytes);

/* ext2_directory.c: -ENOENT, -EEXIST, -ENOSPC, -EIO. */
int ext2_directory_find(struct inode *directory, struct inode_name name, uint32_t *number);
int ext2_directory_add(struct inode *directory, struct inode_name name, uint32_t number, uint32_t mode);
int ext2_directory_remove(struct inode *directory, struct inode_name name);
int ext2_directory_set(struct inode *directory, struct inode_name name, uint32_t number, uint32_t mode);
int ext2_directory_start(struct inode *directory, uint32_t parent);
int ext2_directory_empty(struct inode *directory); /* 0 or -ENOTEMPTY */
long ext2_directory_name(struct inode *directory, uint32_t number, char *text, size_t size);
extern const struct file_operations ext2_directory_file_operations;

/* ext2_file.c */
extern const struct file_operations ext2_file_operations;
int ext2_file_truncate(struct inode *inode, uint64_t bytes);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mounted ext2: its super block and group descriptors, which stay in the block cache, its lock, mount, sync and
 * unmount. What a corrupt image says is checked here once (super block, descriptors) or where it is used.
 */
#include "fs/ext2.h"

#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/log.h"
#include "kernel/process_private.h"
#include "memory/frame.h"

#define EXT2_NS           1000000000ull
#define EXT2_CACHE_SHARE  4 /* of all memory */
#define EXT2_STATFS_MAGIC 0xef53
#define EXT2_DESCRIPTORS  (EXT2_BLOCK_BYTES / sizeof(struct ext2_group)) /* a block */

struct ext2 ext2;

void ext2_lock(void)
{
    struct process *current = process_current();
    if (ext2.owner == current) {
        ext2.depth++;
        return;
    }
    bool uninterruptible = current->private->uninterruptible;
    current->private->uninterruptible = true;
    while (ext2.owner)
        wait_queue_sleep(&ext2.queue, WAIT_FOREVER);
    ext2.owner = current;
    ext2.depth = 1;
    ext2.owner_uninterruptible = uninterruptible;
}

int ext2_unlock(int status)
{
    if (--ext2.depth)
        return status;
    ext2.owner->private->uninterruptible = ext2.owner_uninterruptible;
    ext2.owner = NULL;
    wait_queue_wake_one(&ext2.queue);
    return status;
}

static struct ext2_super *ext2_super_of(struct ext2_block *block)
{
    return (struct ext2_super *)((uint8_t *)ext2_block_bytes(block) + EXT2_SUPER_OFFSET);
}

/* The block that holds a group's descriptor, and where in it: they begin behind the super block's. */
static int ext2_group_block(uint32_t group, struct ext2_block **block, struct ext2_group **descriptor)
{
    int status = ext2_cache_get(1 + group / (uint32_t)EXT2_DESCRIPTORS, EXT2_READ, block);
    if (status == 0)
        *descriptor = (struct ext2_group *)ext2_block_bytes(*block) + group % EXT2_DESCRIPTORS;
    return status;
}

int ext2_group_get(uint32_t group, struct ext2_group *descriptor)
{
    struct ext2_block *block;
    struct ext2_group *found;
    if (group >= ext2.groups)
        return -EIO;
    int status = ext2_group_block(group, &block, &found);
    if (status)
        return status;
    *descriptor = *found;
    ext2_cache_put(block);
    return 0;
}

int ext2_count(uint32_t group, int blocks, int inodes, int directories)
{
    struct ext2_block *block;
    struct ext2_group *descriptor;
    int status = ext2_group_block(group, &block, &descriptor);
    if (status)
        return status;
    descriptor->free_blocks = (uint16_t)(descriptor->free_blocks + blocks);
    descriptor->free_inodes = (uint16_t)(descriptor->free_inodes + inodes);
    descriptor->directories = (uint16_t)(descriptor->directories + directories);
    ext2_cache_put_dirty(block);
    status = ext2_cache_get(0, EXT2_READ, &block);
    if (status)
        return status;
    struct ext2_super *super = ext2_super_of(block);
    super->free_blocks += (uint32_t)blocks;
    super->free_inodes += (uint32_t)inodes;
    ext2_cache_put_dirty(block);
    return 0;
}

/* What makes it none that can be mounted here, or NULL. */
static const char *ext2_refusal(const struct ext2_super *super, uint64_t device_blocks, bool read_only)
{
    if (super->magic != EXT2_MAGIC)
        return "there is no ext2 on it";
    if (super->log_block_bytes != 2 || super->first_data_block != 0)
        return "its blocks are not of 4 KiB (mke2fs -b 4096)";
    if (super->revision == 0 || super->inode_bytes < sizeof(struct ext2_disk_inode) ||
        super->inode_bytes > EXT2_BLOCK_BYTES || super->inode_bytes & (super->inode_bytes - 1))
        return "its inodes are of no known size";
    if (super->incompatible != EXT2_INCOMPATIBLE_FILETYPE)
        return "it has features of a later file system (mke2fs -t ext2)";
    if (!read_only && super->read_only & ~(EXT2_READ_ONLY_SPARSE | EXT2_READ_ONLY_LARGE_FILE))
        return "it has features that allow it to be mounted for reading only";
    if (super->blocks > device_blocks || super->blocks < 4 || super->group_blocks == 0 ||
        super->group_blocks > EXT2_BLOCK_BYTES * 8 || super->group_inodes == 0 ||
        super->group_inodes > EXT2_BLOCK_BYTES * 8 || super->first_inode <= EXT2_ROOT)
        return "its super block contradicts itself";
    uint64_t groups = ((uint64_t)super->blocks + super->group_blocks - 1) / super->group_blocks;
    if (super->inodes != groups * super->group_inodes)
        return "its super block contradicts itself";
    return NULL;
}

/* Do all descriptors name blocks of the file system? */
static int ext2_check_groups(void)
{
    uint32_t table = (uint32_t)((uint64_t)ext2.group_inodes * ext2.inode_bytes / EXT2_BLOCK_BYTES);
    for (uint32_t group = 0; group < ext2.groups; group++) {
        struct ext2_group descriptor;
        int status = ext2_group_get(group, &descriptor);
        if (status)
            return status;
        if (!descriptor.block_bitmap || descriptor.block_bitmap >= ext2.blocks || !descriptor.inode_bitmap ||
            descriptor.inode_bitmap >= ext2.blocks || !descriptor.inode_table ||
            descriptor.inode_table >= ext2.blocks || table > ext2.blocks - descriptor.inode_table)
            return -EINVAL;
    }
    return 0;
}

static int ext2_set_state(bool mounted)
{
    struct ext2_block *block;
    if (ext2.read_only)
        return 0;
    int status = ext2_cache_get(0, EXT2_READ, &block);
    if (status)
        return status;
    struct ext2_super *super = ext2_super_of(block);
    uint32_t now = (uint32_t)(clock_realtime_ns() / EXT2_NS);
    super->state = mounted ? super->state & (uint16_t)~EXT2_VALID : super->state | EXT2_VALID;
    super->write_time = now;
    if (mounted) {
        super->mount_time = now;
        super->mounts++;
    }
    ext2_cache_put_dirty(block);
    return ext2_cache_flush();
}

static int ext2_read_super(struct block_device *device, bool read_only)
{
    struct ext2_block *block;
    uint64_t device_blocks = device->sectors / EXT2_BLOCK_SECTORS;

    ext2 = (struct ext2){.device = device, .read_only = read_only, .blocks = 1};
    ext2.cached_most = (uint32_t)(frame_total_count() / EXT2_CACHE_SHARE);
    int status = device_blocks ? ext2_cache_get(0, EXT2_READ, &block) : -EINVAL;
    if (status)
        return status;
    const struct ext2_super *super = ext2_super_of(block);
    const char *refusal = ext2_refusal(super, device_blocks, read_only);
    if (!refusal) {
        ext2.inodes = super->inodes;
        ext2.blocks = super->blocks;
        ext2.group_blocks = super->group_blocks;
        ext2.group_inodes = super->group_inodes;
        ext2.groups = super->inodes / super->group_inodes;
        ext2.inode_bytes = super->inode_bytes;
        ext2.first_inode = super->first_inode;
    }
    ext2_cache_put(block);
    if (refusal) {
        log_line(LOG_WARNING, "ext2: %s cannot be mounted: %s", device->name, refusal);
        return -EINVAL;
    }
    status = ext2_check_groups();
    if (status == -EINVAL)
        log_line(LOG_WARNING, "ext2: %s cannot be mounted: its group descriptors contradict it", device->name);
    return status;
}

static int ext2_mount_root(void)
{
    struct inode *root;
    int status = ext2_inode_get(EXT2_ROOT, &root);
    if (status)
        return status;
    if (!inode_is_directory(root)) {
        inode_release(root);
        return -EINVAL;
    }
    status = ext2_set_state(true);
    if (status) {
        inode_release(root);
        return status;
    }
    ext2.root = root;
    return 0;
}

void ext2_ignore_set_id(bool ignore)
{
    ext2.ignores_set_id = ignore;
}

int ext2_mount(struct block_device *device, bool read_only, struct inode **root)
{
    if (ext2.device)
        return -EBUSY;
    ext2_lock();
    struct process *owner = ext2.owner;
    bool uninterruptible = ext2.owner_uninterruptible;
    int status = ext2_read_super(device, read_only);
    ext2.owner = owner; /* reading the super block started from nothing */
    ext2.depth = 1;
    ext2.owner_uninterruptible = uninterruptible;
    if (status == 0)
        status = ext2_mount_root();
    if (status) {
        ext2_cache_drop();
        ext2.device = NULL;
    }
    *root = ext2.root;
    return ext2_unlock(status);
}

int ext2_unmount(struct inode *root, uint32_t callers_references)
{
    if (!ext2.device || root != ext2.root)
        return -EINVAL;
    ext2_lock();
    if (root->references > 1 + callers_references || ext2_inode_any_open(root))
        return ext2_unlock(-EBUSY);
    int status = ext2_inode_store_all();
    if (status == 0)
        status = ext2_set_state(false);
    if (status)
        return ext2_unlock(status);
    ext2_cache_drop();
    ext2.device = NULL;
    ext2.root = NULL;
    return ext2_unlock(0);
}

int ext2_sync(void)
{
    if (!ext2.device || ext2.read_only)
        return 0;
    ext2_lock();
    int status = ext2_inode_store_all();
    int flushed = ext2_cache_flush();
    return ext2_unlock(status ? status : flushed);
}

bool ext2_holds(const struct inode *inode)
{
    return ext2.device && inode->file_system == (uint32_t)ext2.device->number;
}

bool ext2_status(struct abi_statfs *status)
{
    struct ext2_block *block;
    if (!ext2.device)
        return false;
    ext2_lock();
    if (ext2_cache_get(0, EXT2_READ, &block))
        return ext2_unlock(0), false;
    const struct ext2_super *super = ext2_super_of(block);
    *status = (struct abi_statfs){
        .type = EXT2_STATFS_MAGIC,
        .block_bytes = EXT2_BLOCK_BYTES,
        .blocks = super->blocks,
        .blocks_free = super->free_blocks,
        .blocks_available =
            super->free_blocks > super->reserved_blocks ? super->free_blocks - super->reserved_blocks : 0,
        .files = super->inodes,
        .files_free = super->free_inodes,
        .name_bytes = ABI_NAME_BYTES,
        .fragment_bytes = EXT2_BLOCK_BYTES,
    };
    ext2_cache_put(block);
    ext2_unlock(0);
    return true;
}

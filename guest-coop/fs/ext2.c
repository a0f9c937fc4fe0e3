/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The volumes of ext2: each one's super block and group descriptors, which stay in its cache, its lock, mount, remount,
 * sync and unmount. What a corrupt image says is checked here once (super block, descriptors) or where it is used.
 */
#include "fs/ext2.h"

#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/log.h"
#include "kernel/process_private.h"
#include "memory/frame.h"
#include "memory/heap.h"

#define EXT2_NS           1000000000ull
#define EXT2_CACHE_SHARE  4 /* of all memory */
#define EXT2_STATFS_MAGIC 0xef53
#define EXT2_GROUP_BITS   5 /* of a descriptor's bytes */
_Static_assert(sizeof(struct ext2_group) == 1u << EXT2_GROUP_BITS, "descriptor");

struct ext2 *ext2_volumes;

void ext2_lock(struct ext2 *ext2)
{
    struct process *current = process_current();
    if (ext2->owner == current) {
        ext2->depth++;
        return;
    }
    bool uninterruptible = current->private->uninterruptible;
    current->private->uninterruptible = true;
    while (ext2->owner)
        wait_queue_sleep(&ext2->queue, WAIT_FOREVER);
    ext2->owner = current;
    ext2->depth = 1;
    ext2->owner_uninterruptible = uninterruptible;
}

int ext2_unlock(struct ext2 *ext2, int status)
{
    if (--ext2->depth)
        return status;
    ext2->owner->private->uninterruptible = ext2->owner_uninterruptible;
    ext2->owner = NULL;
    wait_queue_wake_one(&ext2->queue);
    return status;
}

/* The block that holds the super block, and where in it. */
static int ext2_super_get(struct ext2 *ext2, struct ext2_block **block, struct ext2_super **super)
{
    int status = ext2_cache_get(ext2, EXT2_SUPER_OFFSET >> ext2->block_bits, EXT2_READ, block);
    if (status == 0)
        *super =
            (struct ext2_super *)((uint8_t *)ext2_block_bytes(*block) + (EXT2_SUPER_OFFSET & (ext2->block_bytes - 1)));
    return status;
}

/* The block that holds a group's descriptor, and where in it: they begin behind the super block's. */
static int ext2_group_block(struct ext2 *ext2, uint32_t group, struct ext2_block **block,
                            struct ext2_group **descriptor)
{
    uint32_t bits = ext2->block_bits - EXT2_GROUP_BITS;
    int status = ext2_cache_get(ext2, ext2->first_block + 1 + (group >> bits), EXT2_READ, block);
    if (status == 0)
        *descriptor = (struct ext2_group *)ext2_block_bytes(*block) + (group & ((1u << bits) - 1));
    return status;
}

int ext2_group_get(struct ext2 *ext2, uint32_t group, struct ext2_group *descriptor)
{
    struct ext2_block *block;
    struct ext2_group *found;
    if (group >= ext2->groups)
        return -EIO;
    int status = ext2_group_block(ext2, group, &block, &found);
    if (status)
        return status;
    *descriptor = *found;
    ext2_cache_put(block);
    return 0;
}

int ext2_count(struct ext2 *ext2, uint32_t group, int blocks, int inodes, int directories)
{
    struct ext2_block *block;
    struct ext2_group *descriptor;
    struct ext2_super *super;
    int status = ext2_group_block(ext2, group, &block, &descriptor);
    if (status)
        return status;
    descriptor->free_blocks = (uint16_t)(descriptor->free_blocks + blocks);
    descriptor->free_inodes = (uint16_t)(descriptor->free_inodes + inodes);
    descriptor->directories = (uint16_t)(descriptor->directories + directories);
    ext2_cache_put_dirty(block);
    status = ext2_super_get(ext2, &block, &super);
    if (status)
        return status;
    super->free_blocks += (uint32_t)blocks;
    super->free_inodes += (uint32_t)inodes;
    ext2_cache_put_dirty(block);
    return 0;
}

static bool ext2_is_sound(const struct ext2_super *super, uint64_t device_bytes)
{
    uint32_t bits = EXT2_BLOCK_BITS + super->log_block_bytes, first = bits == EXT2_BLOCK_BITS;
    uint32_t most = 8u << bits; /* bits of a bitmap's block */
    if ((uint64_t)super->blocks << bits > device_bytes || super->blocks < 4 + first ||
        super->first_data_block != first || super->group_blocks == 0 || super->group_blocks > most ||
        super->group_inodes == 0 || super->group_inodes > most || super->first_inode <= EXT2_ROOT)
        return false;
    uint64_t groups = ((uint64_t)super->blocks - first + super->group_blocks - 1) / super->group_blocks;
    return super->inodes == groups * super->group_inodes;
}

static bool ext2_may_write(const struct ext2_super *super)
{
    return !(super->read_only & ~(EXT2_READ_ONLY_SPARSE | EXT2_READ_ONLY_LARGE_FILE));
}

/* What makes it none that can be mounted here, or NULL. */
static const char *ext2_refusal(const struct ext2_super *super, uint64_t device_bytes, bool read_only)
{
    if (super->magic != EXT2_MAGIC)
        return "there is no ext2 on it";
    if (super->log_block_bytes > EXT2_PAGE_BITS - EXT2_BLOCK_BITS)
        return "its blocks are larger than 4 KiB";
    if (super->revision == 0 || super->inode_bytes < sizeof(struct ext2_disk_inode) ||
        super->inode_bytes > 1u << (EXT2_BLOCK_BITS + super->log_block_bytes) ||
        super->inode_bytes & (super->inode_bytes - 1))
        return "its inodes are of no known size";
    if (super->incompatible != EXT2_INCOMPATIBLE_FILETYPE)
        return "it has features of a later file system (mke2fs -t ext2)";
    if (!read_only && !ext2_may_write(super))
        return "it has features that allow it to be mounted for reading only";
    return ext2_is_sound(super, device_bytes) ? NULL : "its super block contradicts itself";
}

/* Do all descriptors name blocks of the file system? */
static int ext2_check_groups(struct ext2 *ext2)
{
    uint32_t table = (uint32_t)((uint64_t)ext2->group_inodes * ext2->inode_bytes >> ext2->block_bits);
    for (uint32_t group = 0; group < ext2->groups; group++) {
        struct ext2_group descriptor;
        int status = ext2_group_get(ext2, group, &descriptor);
        if (status)
            return status;
        if (!descriptor.block_bitmap || descriptor.block_bitmap >= ext2->blocks || !descriptor.inode_bitmap ||
            descriptor.inode_bitmap >= ext2->blocks || !descriptor.inode_table ||
            descriptor.inode_table >= ext2->blocks || table > ext2->blocks - descriptor.inode_table)
            return -EINVAL;
    }
    return 0;
}

int ext2_set_state(struct ext2 *ext2, bool mounted)
{
    struct ext2_block *block;
    struct ext2_super *super;
    if (ext2->read_only)
        return 0;
    int status = ext2_super_get(ext2, &block, &super);
    if (status)
        return status;
    uint32_t now = (uint32_t)(clock_realtime_ns() / EXT2_NS);
    super->state = mounted ? super->state & (uint16_t)~EXT2_VALID : super->state | EXT2_VALID;
    super->write_time = now;
    if (mounted) {
        super->mount_time = now;
        super->mounts++;
    }
    ext2_cache_put_dirty(block);
    return ext2_cache_flush(ext2);
}

static void ext2_set_block_bits(struct ext2 *ext2, uint32_t bits)
{
    ext2->block_bits = bits;
    ext2->block_bytes = 1u << bits;
    ext2->block_sectors = ext2->block_bytes / BLOCK_SECTOR_BYTES;
    ext2->numbers_bits = bits - 2;
}

/* Takes over what the super block says, when nothing is wrong with it. */
static const char *ext2_take_super(struct ext2 *ext2, const struct ext2_super *super)
{
    const char *refusal = ext2_refusal(super, ext2->device->sectors * BLOCK_SECTOR_BYTES, ext2->read_only);
    if (refusal)
        return refusal;
    ext2->inodes = super->inodes;
    ext2->blocks = super->blocks;
    ext2->group_blocks = super->group_blocks;
    ext2->group_inodes = super->group_inodes;
    ext2->groups = super->inodes / super->group_inodes;
    ext2->inode_bytes = super->inode_bytes;
    ext2->first_inode = super->first_inode;
    ext2->first_block = super->first_data_block;
    return NULL;
}

/* Reads the super block as if blocks were of 4 KiB, which its place allows, and starts anew when they are smaller. */
static int ext2_read_super(struct ext2 *ext2)
{
    struct ext2_block *block;
    struct ext2_super *super;

    ext2->blocks = 1;
    ext2->cached_most = (uint32_t)(frame_total_count() / EXT2_CACHE_SHARE);
    ext2_set_block_bits(ext2, EXT2_PAGE_BITS);
    int status = ext2->device->sectors >= ext2->block_sectors ? ext2_super_get(ext2, &block, &super) : -EINVAL;
    if (status)
        return status;
    const char *refusal = ext2_take_super(ext2, super);
    uint32_t bits = EXT2_BLOCK_BITS + super->log_block_bytes;
    ext2_cache_put(block);
    if (refusal) {
        log_line(LOG_WARNING, "ext2: %s cannot be mounted: %s", ext2->device->name, refusal);
        return -EINVAL;
    }
    if (bits != EXT2_PAGE_BITS) {
        ext2_cache_drop(ext2);
        ext2_set_block_bits(ext2, bits);
    }
    status = ext2_check_groups(ext2);
    if (status == -EINVAL)
        log_line(LOG_WARNING, "ext2: %s cannot be mounted: its group descriptors contradict it", ext2->device->name);
    return status;
}

static int ext2_mount_root(struct ext2 *ext2)
{
    struct inode *root;
    int status = ext2_inode_get(ext2, EXT2_ROOT, &root);
    if (status)
        return status;
    ext2->root = root;
    status = inode_is_directory(root) ? ext2_set_state(ext2, true) : -EINVAL;
    if (status) {
        ext2->root = NULL;
        ext2->read_only = true; /* nothing is written any more */
        inode_release(root);
    }
    return status;
}

void ext2_leave(struct ext2 *ext2)
{
    if (ext2->device || ext2->users)
        return;
    for (unsigned i = 0; i < EXT2_BUCKETS; i++)
        if (ext2->open_inodes[i])
            return;
    heap_free(ext2);
}

/* Nothing of it is used any more but by who holds on to it. */
static void ext2_end(struct ext2 *ext2)
{
    struct ext2 **slot = &ext2_volumes;
    ext2_cache_drop(ext2);
    while (*slot != ext2)
        slot = &(*slot)->next;
    *slot = ext2->next;
    ext2->device = NULL;
    ext2->root = NULL;
}

int ext2_mount(struct block_device *device, uint32_t flags, struct inode **root)
{
    for (const struct ext2 *other = ext2_volumes; other; other = other->next)
        if (other->device == device)
            return -EBUSY;
    struct ext2 *ext2 = heap_allocate(sizeof(*ext2));
    if (!ext2)
        return -ENOMEM;
    ext2->device = device;
    ext2->volume.flags = flags;
    ext2->read_only = flags & VOLUME_READ_ONLY;
    ext2->users = 1;
    ext2->next = ext2_volumes;
    ext2_volumes = ext2;
    ext2_lock(ext2);
    int status = ext2_read_super(ext2);
    if (status == 0)
        status = ext2_mount_root(ext2);
    *root = ext2->root;
    if (status)
        ext2_end(ext2);
    ext2_unlock(ext2, 0);
    ext2->users--;
    ext2_leave(ext2);
    return status;
}

int ext2_write_out(struct ext2 *ext2)
{
    int status = ext2->read_only ? 0 : ext2_inode_store_all(ext2);
    return status ? status : ext2_set_state(ext2, false);
}

int ext2_unmount(struct inode *root, uint32_t callers_references, bool force)
{
    struct ext2 *ext2 = ext2_volume(root);
    ext2_lock(ext2);
    if (root->references > 1 + callers_references || ext2_inode_any_open(ext2, root))
        return ext2_unlock(ext2, -EBUSY);
    if (ext2->frozen && !force)
        return ext2_unlock(ext2, -EBUSY);
    int status = ext2->frozen ? 0 : ext2_write_out(ext2);
    if (status && !force)
        return ext2_unlock(ext2, status);
    ext2_end(ext2);
    return ext2_unlock(ext2, 0);
}

static bool ext2_features_allow(struct ext2 *ext2)
{
    struct ext2_block *block;
    struct ext2_super *super;
    if (ext2_super_get(ext2, &block, &super))
        return false;
    bool allow = ext2_may_write(super);
    ext2_cache_put(block);
    return allow;
}

int ext2_remount(struct inode *root, uint32_t flags)
{
    struct ext2 *ext2 = ext2_volume(root);
    bool read_only = flags & VOLUME_READ_ONLY;
    int status = 0;
    ext2_lock(ext2);
    if (ext2->frozen)
        return ext2_unlock(ext2, -EBUSY);
    if (read_only && !ext2->read_only) {
        status = ext2_inode_any_removed(ext2) ? -EBUSY : ext2_write_out(ext2);
        ext2->read_only = status == 0;
    } else if (!read_only && ext2->read_only) {
        ext2->read_only = !ext2_features_allow(ext2);
        status = ext2->read_only ? -EROFS : ext2_set_state(ext2, true);
        ext2->read_only = status != 0;
    }
    if (status == 0)
        ext2->volume.flags = flags;
    return ext2_unlock(ext2, status);
}

int ext2_sync(struct ext2 *ext2)
{
    ext2_lock_writing(ext2);
    if (!ext2->device || ext2->read_only)
        return ext2_unlock(ext2, 0);
    int status = ext2_inode_store_all(ext2);
    int flushed = ext2_cache_flush(ext2);
    return ext2_unlock(ext2, status ? status : flushed);
}

int ext2_sync_holding(struct inode *inode)
{
    return ext2_sync(ext2_volume(inode));
}

/* Volumes come and go while one is written: each is held on to until the next one is known. */
int ext2_sync_all(void)
{
    int first = 0;
    for (struct ext2 *ext2 = ext2_volumes, *next; ext2; ext2 = next) {
        ext2->users++;
        int status = ext2->frozen ? 0 : ext2_sync(ext2); /* when that was begun, all was written */
        if (first == 0)
            first = status;
        next = ext2->device ? ext2->next : ext2_volumes;
        ext2->users--;
        ext2_leave(ext2);
    }
    return first;
}

bool ext2_holds(const struct inode *inode)
{
    for (const struct ext2 *ext2 = ext2_volumes; ext2; ext2 = ext2->next)
        if (inode->file_system == (uint32_t)ext2->device->number)
            return true;
    return false;
}

int ext2_status(struct inode *inode, struct abi_statfs *status)
{
    struct ext2 *ext2 = ext2_volume(inode);
    struct ext2_block *block;
    struct ext2_super *super;
    ext2_lock(ext2);
    int result = ext2_super_get(ext2, &block, &super);
    if (result)
        return ext2_unlock(ext2, result);
    *status = (struct abi_statfs){
        .type = EXT2_STATFS_MAGIC,
        .block_bytes = ext2->block_bytes,
        .blocks = super->blocks,
        .blocks_free = super->free_blocks,
        .blocks_available =
            super->free_blocks > super->reserved_blocks ? super->free_blocks - super->reserved_blocks : 0,
        .files = super->inodes,
        .files_free = super->free_inodes,
        .name_bytes = ABI_NAME_BYTES,
        .fragment_bytes = ext2->block_bytes,
    };
    ext2_cache_put(block);
    return ext2_unlock(ext2, 0);
}

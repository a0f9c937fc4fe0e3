/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inodes of ext2 between the disk and memory: an inode that somebody refers to exists once; it is written to its
 * table (in the block cache) when it changes and when its last reference goes, and freed then if no name is left.
 */
#include "fs/ext2.h"

#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include "memory/heap.h"
#include <coopvirt/string.h>

#define EXT2_NS           1000000000ull
#define EXT2_EXTRA_OFFSET 128u /* i_extra_isize, where inodes are larger */

static struct ext2_inode **ext2_inode_bucket(struct ext2 *ext2, uint64_t number)
{
    return &ext2->open_inodes[number % EXT2_BUCKETS];
}

static int ext2_inode_block(struct ext2 *ext2, uint64_t number, struct ext2_block **block,
                            struct ext2_disk_inode **disk)
{
    uint32_t group = (uint32_t)((number - 1) / ext2->group_inodes),
             index = (uint32_t)((number - 1) % ext2->group_inodes);
    struct ext2_group descriptor;
    uint64_t offset = (uint64_t)index * ext2->inode_bytes;
    int status = number == 0 ? -EIO : ext2_group_get(ext2, group, &descriptor);
    if (status == 0)
        status =
            ext2_cache_get(ext2, descriptor.inode_table + (uint32_t)(offset >> ext2->block_bits), EXT2_READ, block);
    if (status == 0)
        *disk = (struct ext2_disk_inode *)((uint8_t *)ext2_block_bytes(*block) + offset % ext2->block_bytes);
    return status;
}

static const struct inode_operations *ext2_inode_operations(uint32_t mode)
{
    switch (mode & ABI_S_IFMT) {
    case ABI_S_IFDIR:
        return &ext2_directory_operations;
    case ABI_S_IFREG:
        return &ext2_file_inode_operations;
    case ABI_S_IFLNK:
        return &ext2_link_operations;
    case ABI_S_IFIFO:
        return &ext2_fifo_operations;
    case ABI_S_IFCHR:
    case ABI_S_IFBLK:
    case ABI_S_IFSOCK:
        return &ext2_device_operations;
    default:
        return NULL;
    }
}

static bool ext2_inode_is_device(uint32_t mode)
{
    uint32_t type = mode & ABI_S_IFMT;
    return type == ABI_S_IFCHR || type == ABI_S_IFBLK;
}

/* Two encodings: the old one of 16 bits in the first number, the new one in the second. */
static uint64_t ext2_inode_device(const uint32_t *block)
{
    if (block[0])
        return ABI_DEVICE(block[0] >> 8 & 0xff, block[0] & 0xff);
    return ABI_DEVICE(block[1] >> 8 & 0xfff, (block[1] & 0xff) | (block[1] >> 12 & 0xfff00));
}

static struct ext2_inode *ext2_inode_add(struct ext2 *ext2, uint64_t number)
{
    struct ext2_inode *inode = heap_allocate(sizeof(*inode));
    if (!inode)
        return NULL;
    struct ext2_inode **bucket = ext2_inode_bucket(ext2, number);
    inode->inode.references = 1;
    inode->inode.number = number;
    inode->inode.file_system = (uint32_t)ext2->device->number;
    inode->inode.volume = &ext2->volume;
    inode->next = *bucket;
    *bucket = inode;
    return inode;
}

static void ext2_inode_forget(struct ext2_inode *inode)
{
    struct ext2_inode **slot = ext2_inode_bucket(ext2_volume(&inode->inode), inode->inode.number);
    while (*slot != inode)
        slot = &(*slot)->next;
    *slot = inode->next;
    heap_free(inode);
}

static void ext2_inode_load(struct ext2_inode *inode, const struct ext2_disk_inode *disk)
{
    struct inode *generic = &inode->inode;
    generic->operations = ext2_inode_operations(disk->mode);
    generic->mode = disk->mode;
    generic->uid = disk->uid | (uint32_t)disk->uid_high << 16;
    generic->gid = disk->gid | (uint32_t)disk->gid_high << 16;
    generic->links = disk->links;
    generic->size = disk->size;
    if (inode_type(generic) == ABI_S_IFREG)
        generic->size |= (uint64_t)disk->size_high << 32;
    generic->sectors = disk->sectors;
    generic->times =
        (struct inode_attributes){disk->accessed * EXT2_NS, disk->modified * EXT2_NS, disk->changed * EXT2_NS};
    memcpy(inode->block, disk->block, sizeof(inode->block));
    inode->flags = disk->flags;
    if (ext2_inode_is_device(disk->mode))
        generic->device = ext2_inode_device(disk->block);
}

int ext2_inode_get(struct ext2 *ext2, uint32_t number, struct inode **found)
{
    struct ext2_block *block;
    struct ext2_disk_inode *disk;
    if (number == 0 || number > ext2->inodes || (number < ext2->first_inode && number != EXT2_ROOT))
        return -EIO;
    for (struct ext2_inode *inode = *ext2_inode_bucket(ext2, number); inode; inode = inode->next)
        if (inode->inode.number == number) {
            inode_reference(&inode->inode);
            *found = &inode->inode;
            return 0;
        }
    int status = ext2_inode_block(ext2, number, &block, &disk);
    if (status)
        return status;
    bool is_sound = disk->links && ext2_inode_operations(disk->mode);
    struct ext2_inode *inode = is_sound ? ext2_inode_add(ext2, number) : NULL;
    if (inode)
        ext2_inode_load(inode, disk);
    ext2_cache_put(block);
    if (!inode)
        return is_sound ? -ENOMEM : -EIO;
    *found = &inode->inode;
    return 0;
}

int ext2_inode_store(struct inode *generic)
{
    struct ext2_inode *inode = ext2_of(generic);
    struct ext2_block *block;
    struct ext2_disk_inode *disk;
    int status = ext2_inode_block(ext2_volume(generic), generic->number, &block, &disk);
    if (status)
        return status;
    disk->mode = (uint16_t)generic->mode;
    disk->uid = (uint16_t)generic->uid;
    disk->uid_high = (uint16_t)(generic->uid >> 16);
    disk->gid = (uint16_t)generic->gid;
    disk->gid_high = (uint16_t)(generic->gid >> 16);
    disk->links = (uint16_t)generic->links;
    disk->size = (uint32_t)generic->size;
    if (inode_type(generic) == ABI_S_IFREG)
        disk->size_high = (uint32_t)(generic->size >> 32);
    disk->sectors = (uint32_t)generic->sectors;
    disk->flags = inode->flags;
    disk->accessed = (uint32_t)(generic->times.accessed_ns / EXT2_NS);
    disk->modified = (uint32_t)(generic->times.modified_ns / EXT2_NS);
    disk->changed = (uint32_t)(generic->times.changed_ns / EXT2_NS);
    memcpy(disk->block, inode->block, sizeof(disk->block));
    ext2_cache_put_dirty(block);
    return 0;
}

int ext2_inode_store_all(struct ext2 *ext2)
{
    int first = 0;
    for (unsigned i = 0; i < EXT2_BUCKETS && !ext2->read_only; i++)
        for (struct ext2_inode *inode = ext2->open_inodes[i]; inode; inode = inode->next) {
            int status = ext2_inode_store(&inode->inode);
            if (first == 0)
                first = status;
        }
    return first;
}

bool ext2_inode_any_open(const struct ext2 *ext2, const struct inode *except)
{
    for (unsigned i = 0; i < EXT2_BUCKETS; i++)
        for (const struct ext2_inode *inode = ext2->open_inodes[i]; inode; inode = inode->next)
            if (&inode->inode != except)
                return true;
    return false;
}

bool ext2_inode_any_removed(const struct ext2 *ext2)
{
    for (unsigned i = 0; i < EXT2_BUCKETS; i++)
        for (const struct ext2_inode *inode = ext2->open_inodes[i]; inode; inode = inode->next)
            if (inode->inode.links == 0)
                return true;
    return false;
}

/* A fresh inode starts from zeroes, whatever its slot held before. */
static int ext2_inode_clear(struct ext2 *ext2, uint32_t number)
{
    struct ext2_block *block;
    struct ext2_disk_inode *disk;
    int status = ext2_inode_block(ext2, number, &block, &disk);
    if (status)
        return status;
    uint32_t generation = disk->generation;
    memset(disk, 0, ext2->inode_bytes);
    disk->generation = generation + 1;
    if (ext2->inode_bytes > EXT2_EXTRA_OFFSET + 32)
        *(uint16_t *)((uint8_t *)disk + EXT2_EXTRA_OFFSET) = 32;
    ext2_cache_put_dirty(block);
    return 0;
}

static void ext2_inode_fill(struct ext2_inode *inode, const struct inode *directory, uint32_t mode, uint64_t device)
{
    const struct process *process = process_current();
    struct inode *generic = &inode->inode;
    uint64_t now = clock_realtime_ns();
    generic->operations = ext2_inode_operations(mode);
    generic->mode = mode;
    generic->uid = process->fsuid;
    generic->gid = directory->mode & ABI_S_ISGID ? directory->gid : process->fsgid;
    if (directory->mode & ABI_S_ISGID && inode_is_directory(generic))
        generic->mode |= ABI_S_ISGID;
    generic->links = 1;
    generic->times = (struct inode_attributes){now, now, now};
    if (!ext2_inode_is_device(mode))
        return;
    uint32_t major = ABI_DEVICE_MAJOR(device), minor = ABI_DEVICE_MINOR(device);
    generic->device = device;
    if (major < 256 && minor < 256)
        inode->block[0] = major << 8 | minor;
    else
        inode->block[1] = major << 8 | (minor & 0xff) | (minor & 0xfff00) << 12;
}

int ext2_inode_make(struct inode *directory, uint32_t mode, uint64_t device, struct inode **made)
{
    struct ext2 *ext2 = ext2_volume(directory);
    uint32_t number;
    bool is_directory = (mode & ABI_S_IFMT) == ABI_S_IFDIR;
    int status = ext2_inode_allocate(ext2, (uint32_t)directory->number, is_directory, &number);
    if (status)
        return status;
    struct ext2_inode *inode = ext2_inode_add(ext2, number);
    status = inode ? ext2_inode_clear(ext2, number) : -ENOMEM;
    if (status) {
        if (inode)
            ext2_inode_forget(inode);
        ext2_inode_free(ext2, number, is_directory);
        return status;
    }
    ext2_inode_fill(inode, directory, mode, device);
    *made = &inode->inode;
    return ext2_inode_store(*made);
}

/* No name and no reference is left: blocks and number are free again. What fails here, e2fsck finds. */
static void ext2_inode_remove(struct ext2_inode *inode)
{
    struct ext2 *ext2 = ext2_volume(&inode->inode);
    struct inode *generic = &inode->inode;
    struct ext2_block *block;
    struct ext2_disk_inode *disk;
    uint32_t type = inode_type(generic);
    if (type == ABI_S_IFREG && ext2_page_is_needed(ext2))
        ext2_page_cut(inode, 0);
    if (type == ABI_S_IFREG || type == ABI_S_IFDIR || (type == ABI_S_IFLNK && generic->sectors))
        ext2_map_cut(inode, 0);
    generic->size = 0;
    ext2_inode_store(generic);
    if (ext2_inode_block(ext2, generic->number, &block, &disk) == 0) {
        disk->deleted = (uint32_t)(clock_realtime_ns() / EXT2_NS);
        ext2_cache_put_dirty(block);
    }
    ext2_inode_free(ext2, (uint32_t)generic->number, type == ABI_S_IFDIR);
}

void ext2_inode_destroy(struct inode *generic)
{
    struct ext2 *ext2 = ext2_volume(generic);
    struct inode *parent = generic->parent;
    ext2_lock(ext2);
    if (!ext2->device || ext2->read_only)
        ; /* unmounted just now, or never changed */
    else if (generic->links == 0)
        ext2_inode_remove(ext2_of(generic));
    else
        ext2_inode_store(generic);
    ext2_inode_forget(ext2_of(generic));
    ext2_unlock(ext2, 0);
    ext2_leave(ext2);
    if (parent)
        inode_release(parent);
}

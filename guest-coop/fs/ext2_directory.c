/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names in an ext2 directory: entries in a chain through each block, none across two. A hash tree that the directory
 * may have is disclaimed by the first change: its blocks read as ordinary ones.
 */
#include "fs/ext2.h"

#include "fs/directory.h"
#include "kernel/errno.h"
#include <coopvirt/string.h>

static const uint8_t ext2_type_of_mode[16] = {[1] = 5, [2] = 3, [4] = 2, [6] = 4, [8] = 1, [10] = 7, [12] = 6};
static const uint8_t ext2_mode_of_type[8] = {0, 8, 4, 2, 6, 1, 12, 10};

static uint32_t ext2_entry_bytes(uint32_t name_bytes)
{
    return (EXT2_ENTRY_HEAD + name_bytes + 3) & ~3u;
}

static uint8_t ext2_entry_type(uint32_t mode)
{
    return ext2_type_of_mode[(mode & ABI_S_IFMT) >> 12];
}

/* The entry at an offset of a block, or NULL where the chain is broken. */
static struct ext2_entry *ext2_entry_at(uint8_t *block, uint32_t offset, uint32_t block_bytes)
{
    struct ext2_entry *entry = (struct ext2_entry *)(block + offset);
    uint32_t room = block_bytes - offset;
    if (room < EXT2_ENTRY_HEAD || entry->bytes < EXT2_ENTRY_HEAD || entry->bytes % 4 || entry->bytes > room ||
        ext2_entry_bytes(entry->name_bytes) > entry->bytes)
        return NULL;
    return entry;
}

static bool ext2_entry_is(const struct ext2_entry *entry, struct inode_name name)
{
    return entry->inode && entry->name_bytes == name.length &&
           memcmp((const uint8_t *)entry + EXT2_ENTRY_HEAD, name.text, name.length) == 0;
}

static int ext2_directory_block(struct inode *directory, uint64_t index, struct ext2_block **block)
{
    uint32_t number;
    bool fresh;
    int status = ext2_map(ext2_of(directory), index, false, &number, &fresh);
    if (status)
        return status;
    return number ? ext2_cache_get(ext2_volume(directory), number, EXT2_READ, block)
                  : -EIO; /* a directory has no holes */
}

/* Where a search ended. */
struct ext2_place {
    struct ext2_block *block;          /* pinned */
    struct ext2_entry *entry, *before; /* `before` in the same block, or NULL */
};

/* Calls `is_it` for each entry until it says so: 0 and the place, -ENOENT, -EIO. Every caller knows its test, which
 * becomes part of the loop. */
typedef bool ext2_test(const struct ext2_entry *entry, const void *context);
static inline __attribute__((always_inline)) int ext2_directory_search(struct inode *directory, ext2_test *is_it,
                                                                       const void *context, struct ext2_place *place)
{
    uint32_t block_bytes = ext2_volume(directory)->block_bytes;
    uint64_t blocks = directory->size >> ext2_volume(directory)->block_bits;
    for (uint64_t index = 0; index < blocks; index++) {
        int status = ext2_directory_block(directory, index, &place->block);
        if (status)
            return status;
        uint8_t *bytes = ext2_block_bytes(place->block);
        struct ext2_entry *entry, *before = NULL;
        for (uint32_t offset = 0; offset < block_bytes; offset += entry->bytes) {
            entry = ext2_entry_at(bytes, offset, block_bytes);
            if (!entry) {
                ext2_cache_put(place->block);
                return -EIO;
            }
            if (is_it(entry, context)) {
                place->entry = entry;
                place->before = before;
                return 0;
            }
            before = entry;
        }
        ext2_cache_put(place->block);
    }
    return -ENOENT;
}

static bool ext2_test_name(const struct ext2_entry *entry, const void *context)
{
    return ext2_entry_is(entry, *(const struct inode_name *)context);
}

static bool ext2_test_room(const struct ext2_entry *entry, const void *context)
{
    uint32_t used = entry->inode ? ext2_entry_bytes(entry->name_bytes) : 0;
    return entry->bytes - used >= *(const uint32_t *)context;
}

static bool ext2_is_dots(const struct ext2_entry *entry)
{
    const char *name = (const char *)entry + EXT2_ENTRY_HEAD;
    return entry->name_bytes <= 2 && name[0] == '.' && (entry->name_bytes == 1 || name[1] == '.');
}

static bool ext2_test_other(const struct ext2_entry *entry, const void *context)
{
    (void)context;
    return entry->inode && !ext2_is_dots(entry);
}

static bool ext2_test_number(const struct ext2_entry *entry, const void *context)
{
    return entry->inode == *(const uint32_t *)context && !ext2_is_dots(entry);
}

int ext2_directory_find(struct inode *directory, struct inode_name name, uint32_t *number)
{
    struct ext2_place place;
    int status = ext2_directory_search(directory, ext2_test_name, &name, &place);
    if (status)
        return status;
    *number = place.entry->inode;
    ext2_cache_put(place.block);
    return 0;
}

static void ext2_entry_fill(struct ext2_entry *entry, uint32_t bytes, struct inode_name name, uint32_t number,
                            uint32_t mode)
{
    *entry = (struct ext2_entry){number, (uint16_t)bytes, (uint8_t)name.length, ext2_entry_type(mode)};
    memcpy((uint8_t *)entry + EXT2_ENTRY_HEAD, name.text, name.length);
}

static int ext2_directory_changed(struct inode *directory)
{
    ext2_of(directory)->flags &= ~EXT2_INODE_INDEX;
    inode_touch(directory);
    return ext2_inode_store(directory);
}

/* One block more at the end, with one entry. */
static int ext2_directory_extend(struct inode *directory, struct inode_name name, uint32_t number, uint32_t mode)
{
    struct ext2_block *block;
    uint32_t where;
    bool fresh;
    struct ext2 *ext2 = ext2_volume(directory);
    uint64_t index = directory->size >> ext2->block_bits;
    int status = ext2_map(ext2_of(directory), index, true, &where, &fresh);
    if (status == 0)
        status = ext2_cache_get(ext2, where, EXT2_CLEAR, &block);
    if (status) {
        ext2_map_cut(ext2_of(directory), index);
        return status;
    }
    ext2_entry_fill(ext2_block_bytes(block), ext2->block_bytes, name, number, mode);
    ext2_cache_put_dirty(block);
    directory->size += ext2->block_bytes;
    return 0;
}

int ext2_directory_add(struct inode *directory, struct inode_name name, uint32_t number, uint32_t mode)
{
    struct ext2_place place;
    uint32_t bytes = ext2_entry_bytes(name.length), other;
    if (directory->links == 0)
        return -ENOENT; /* removed while it was somebody's directory */
    int status = ext2_directory_find(directory, name, &other);
    if (status != -ENOENT)
        return status ? status : -EEXIST;
    status = ext2_directory_search(directory, ext2_test_room, &bytes, &place);
    if (status == -ENOENT) {
        status = ext2_directory_extend(directory, name, number, mode);
    } else if (status == 0) {
        struct ext2_entry *entry = place.entry;
        uint32_t used = entry->inode ? ext2_entry_bytes(entry->name_bytes) : 0, room = entry->bytes - used;
        if (used) {
            entry->bytes = (uint16_t)used;
            entry = (struct ext2_entry *)((uint8_t *)entry + used);
        }
        ext2_entry_fill(entry, room, name, number, mode);
        ext2_cache_put_dirty(place.block);
    }
    return status ? status : ext2_directory_changed(directory);
}

int ext2_directory_remove(struct inode *directory, struct inode_name name)
{
    struct ext2_place place;
    int status = ext2_directory_search(directory, ext2_test_name, &name, &place);
    if (status)
        return status;
    if (place.before)
        place.before->bytes = (uint16_t)(place.before->bytes + place.entry->bytes);
    place.entry->inode = 0;
    ext2_cache_put_dirty(place.block);
    return ext2_directory_changed(directory);
}

int ext2_directory_set(struct inode *directory, struct inode_name name, uint32_t number, uint32_t mode)
{
    struct ext2_place place;
    int status = ext2_directory_search(directory, ext2_test_name, &name, &place);
    if (status)
        return status;
    place.entry->inode = number;
    place.entry->type = ext2_entry_type(mode);
    ext2_cache_put_dirty(place.block);
    return ext2_directory_changed(directory);
}

int ext2_directory_start(struct inode *directory, uint32_t parent)
{
    static const struct inode_name self = {".", 1}, up = {"..", 2};
    int status = ext2_directory_extend(directory, self, (uint32_t)directory->number, ABI_S_IFDIR);
    return status ? status : ext2_directory_add(directory, up, parent, ABI_S_IFDIR);
}

int ext2_directory_empty(struct inode *directory)
{
    struct ext2_place place;
    int status = ext2_directory_search(directory, ext2_test_other, NULL, &place);
    if (status)
        return status == -ENOENT ? 0 : status;
    ext2_cache_put(place.block);
    return -ENOTEMPTY;
}

long ext2_directory_name(struct inode *directory, uint32_t number, char *text, size_t size)
{
    struct ext2_place place;
    long status = ext2_directory_search(directory, ext2_test_number, &number, &place);
    if (status)
        return status;
    status = place.entry->name_bytes < size ? place.entry->name_bytes : -ENAMETOOLONG;
    if (status > 0)
        memcpy(text, (uint8_t *)place.entry + EXT2_ENTRY_HEAD, (size_t)status);
    ext2_cache_put(place.block);
    return status;
}

/* Gives getdents64 the entries from byte file->position of the directory on; a position that a change has made
 * meaningless goes on with the next entry of its block. */
static int ext2_directory_fill(struct file *file, struct directory_writer *writer)
{
    struct inode *directory = file->inode;
    int status = 0;
    const struct ext2 *ext2 = ext2_volume(directory);
    for (uint64_t index = file->position >> ext2->block_bits; index < directory->size >> ext2->block_bits && !status;
         index++) {
        struct ext2_block *block;
        status = ext2_directory_block(directory, index, &block);
        if (status)
            return status;
        struct ext2_entry *entry;
        for (uint32_t offset = 0; offset < ext2->block_bytes && !writer->full; offset += entry->bytes) {
            entry = ext2_entry_at(ext2_block_bytes(block), offset, ext2->block_bytes);
            if (!entry) {
                status = -EIO;
                break;
            }
            uint64_t at = (index << ext2->block_bits) + offset;
            if (entry->inode && at >= file->position)
                directory_add(writer, (const char *)entry + EXT2_ENTRY_HEAD, entry->name_bytes, entry->inode,
                              (uint32_t)ext2_mode_of_type[entry->type & 7] << 12, at + entry->bytes);
        }
        ext2_cache_put(block);
        if (writer->full)
            break;
    }
    return status;
}

static int ext2_directory_fill_locked(struct file *file, struct directory_writer *writer)
{
    struct ext2 *ext2 = ext2_volume(file->inode);
    ext2_lock(ext2);
    return ext2_unlock(ext2, ext2_directory_fill(file, writer));
}

static long ext2_directory_entries(struct file *file, uint64_t user_buffer, size_t bytes)
{
    return directory_read(file, user_buffer, bytes, ext2_directory_fill_locked);
}

static long ext2_directory_sync(struct file *file)
{
    return ext2_sync(ext2_volume(file->inode));
}

const struct file_operations ext2_directory_file_operations = {
    .seek = directory_seek,
    .directory_entries = ext2_directory_entries,
    .sync = ext2_directory_sync,
    .ioctl = ext2_freeze_control,
};

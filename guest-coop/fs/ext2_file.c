/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Contents of ext2's files: reads and writes go by the block cache, whose frames mmap shares. User memory is touched
 * without the lock, since a page fault there may need it.
 */
#include "fs/ext2.h"

#include "kernel/errno.h"
#include "memory/frame.h"
#include "memory/user_copy.h"
#include <coopvirt/string.h>

/* What of so many bytes lies in one unit: a page, or a block. */
static size_t ext2_file_part(uint64_t position, size_t bytes, uint32_t unit)
{
    size_t room = unit - (position & (unit - 1));
    return bytes < room ? bytes : room;
}

/* The block of a page, pinned; NULL for a hole. */
static int ext2_file_block(struct inode *inode, uint64_t index, struct ext2_block **block)
{
    struct ext2 *ext2 = ext2_volume(inode);
    uint32_t number;
    bool fresh;
    *block = NULL;
    if (ext2_page_is_needed(ext2))
        return ext2_page_get(ext2_of(inode), index, block);
    int status = ext2_map(ext2_of(inode), index, false, &number, &fresh);
    return status || !number ? status : ext2_cache_get(ext2, number, EXT2_READ, block);
}

static int ext2_file_read_page(struct inode *inode, uint64_t position, uint64_t user, size_t bytes)
{
    struct ext2 *ext2 = ext2_volume(inode);
    struct ext2_block *block;
    ext2_lock(ext2);
    int status = ext2_unlock(ext2, ext2_file_block(inode, position / EXT2_PAGE_BYTES, &block));
    if (status)
        return status;
    if (!block)
        return user_clear(user, bytes);
    status = user_copy_out(user, (uint8_t *)ext2_block_bytes(block) + position % EXT2_PAGE_BYTES, bytes);
    ext2_lock(ext2);
    ext2_cache_put(block);
    return ext2_unlock(ext2, status);
}

static long ext2_file_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct inode *inode = file->inode;
    size_t done = 0;
    int status = 0;
    while (done < bytes && *position < inode->size && status == 0) {
        size_t part = ext2_file_part(*position, bytes - done, EXT2_PAGE_BYTES);
        if (part > inode->size - *position)
            part = inode->size - *position;
        status = ext2_file_read_page(inode, *position, user_buffer + done, part);
        if (status == 0) {
            done += part;
            *position += part;
        }
    }
    return done ? (long)done : status;
}

/* The block of a page for writing from `from` to `end` in it, pinned. *fresh: it was not the file's before, and is all
 * zeroes or yet to be filled as a whole. */
static int ext2_file_block_make(struct inode *inode, uint64_t index, uint32_t from, uint32_t end,
                                struct ext2_block **block, bool *fresh)
{
    struct ext2 *ext2 = ext2_volume(inode);
    uint32_t number;
    if (ext2_page_is_needed(ext2))
        return ext2_page_make(ext2_of(inode), index, from, end, block, fresh);
    int status = ext2_map(ext2_of(inode), index, true, &number, fresh);
    if (status)
        return status;
    status = ext2_cache_get(ext2, number,
                            *fresh                          ? EXT2_CLEAR
                            : end - from == EXT2_PAGE_BYTES ? EXT2_OVERWRITE
                                                            : EXT2_READ,
                            block);
    if (status == 0 && *fresh)
        (*block)->dirty = true;
    return status;
}

/* Not all could be copied: what came, or was made, behind the file's end is zeroes and free again. */
static void ext2_file_take_back(struct inode *inode, struct ext2_block *block, uint64_t position, size_t bytes)
{
    const struct ext2 *ext2 = ext2_volume(inode);
    uint64_t start = position > inode->size ? position : inode->size;
    if (start >= position + bytes)
        return;
    memset((uint8_t *)ext2_block_bytes(block) + start % EXT2_PAGE_BYTES, 0, position + bytes - start);
    if (ext2_page_is_needed(ext2))
        ext2_page_cut(ext2_of(inode), inode->size);
    ext2_map_cut(ext2_of(inode), (inode->size + ext2->block_bytes - 1) >> ext2->block_bits);
}

static int ext2_file_write_page(struct inode *inode, uint64_t position, uint64_t user, size_t bytes)
{
    struct ext2 *ext2 = ext2_volume(inode);
    uint32_t from = (uint32_t)(position % EXT2_PAGE_BYTES);
    struct ext2_block *block;
    bool fresh;
    ext2_lock(ext2);
    int status = ext2_file_block_make(inode, position / EXT2_PAGE_BYTES, from, from + (uint32_t)bytes, &block, &fresh);
    if (status == 0 && ext2_page_is_needed(ext2) && (status = ext2_page_lengthen(ext2_of(inode), position))) {
        ext2_file_take_back(inode, block, position, bytes);
        ext2_cache_put(block);
    }
    if (ext2_unlock(ext2, status))
        return status;
    status = user_copy_in((uint8_t *)ext2_block_bytes(block) + from, user, bytes);
    ext2_lock(ext2);
    if (status == 0) {
        block->dirty = true;
        if (position + bytes > inode->size)
            inode->size = position + bytes;
    } else if (!fresh && bytes == EXT2_PAGE_BYTES && !block->dirty && !block->gone && !block->mapped) {
        ext2_cache_forget(ext2, block->number); /* it may hold half of the new: the device still has the old */
    } else {
        ext2_file_take_back(inode, block, position, bytes);
    }
    ext2_cache_put(block);
    return ext2_unlock(ext2, status);
}

static long ext2_file_write(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct inode *inode = file->inode;
    struct ext2 *ext2 = ext2_volume(inode);
    uint64_t at;
    size_t done = 0;
    int status = ext2->read_only ? -EROFS : file_write_place(file, *position, ext2_map_limit(ext2), &at, &bytes);

    if (status)
        return status;
    if (ext2->frozen)
        ext2_freeze_wait(ext2);
    ext2->writers++;
    while (done < bytes && status == 0) {
        size_t part = ext2_file_part(at, bytes - done, ext2->block_bytes); /* none is in want of half of its room */
        status = ext2_file_write_page(inode, at, user_buffer + done, part);
        if (status == 0) {
            done += part;
            at += part;
        }
    }
    ext2_lock(ext2);
    inode_written(inode);
    int stored = ext2_unlock(ext2, ext2_inode_store(inode));
    ext2_freeze_writer_leaves(ext2);
    if (!done)
        return status ? status : stored;
    *position = at;
    if (file->flags & ABI_O_DSYNC) /* O_SYNC has that bit too */
        stored = ext2_sync(ext2);
    return stored ? stored : (long)done;
}

static int ext2_file_shorten(struct inode *inode, uint64_t bytes)
{
    const struct ext2 *ext2 = ext2_volume(inode);
    struct ext2_block *block = NULL;
    if (ext2_page_is_needed(ext2))
        ext2_page_cut(ext2_of(inode), bytes);
    int status = ext2_map_cut(ext2_of(inode), (bytes + ext2->block_bytes - 1) >> ext2->block_bits);
    /* What a later extension brings back must read as zeroes. */
    if (status == 0 && bytes % EXT2_PAGE_BYTES)
        status = ext2_file_block(inode, bytes / EXT2_PAGE_BYTES, &block);
    if (block) {
        uint32_t kept = (uint32_t)(bytes % EXT2_PAGE_BYTES);
        memset((uint8_t *)ext2_block_bytes(block) + kept, 0, EXT2_PAGE_BYTES - kept);
        ext2_cache_put_dirty(block);
    }
    return status;
}

int ext2_file_truncate(struct inode *inode, uint64_t bytes)
{
    struct ext2 *ext2 = ext2_volume(inode);
    if (ext2->read_only)
        return -EROFS;
    if (bytes > ext2_map_limit(ext2))
        return -EFBIG;
    ext2_lock_writing(ext2);
    int status = 0;
    if (bytes < inode->size)
        status = ext2_file_shorten(inode, bytes);
    else if (ext2_page_is_needed(ext2))
        status = ext2_page_lengthen(ext2_of(inode), bytes);
    if (status && bytes > inode->size)
        return ext2_unlock(ext2, status);
    inode->size = bytes;
    inode_written(inode);
    int stored = ext2_inode_store(inode);
    return ext2_unlock(ext2, status ? status : stored);
}

static long ext2_file_set_size(struct file *file, uint64_t bytes)
{
    return ext2_file_truncate(file->inode, bytes);
}

/* A mapping may be written through where the file may: such frames are written back as long as they are mapped. */
static coop_paddr ext2_file_page(struct file *file, uint64_t index)
{
    struct inode *inode = file->inode;
    struct ext2 *ext2 = ext2_volume(inode);
    struct ext2_block *block = NULL;
    bool fresh, writes;
    ext2_lock(ext2);
    writes = (file->flags & ABI_O_ACCESS) != ABI_O_RDONLY && !ext2->read_only; /* a private mapping outlives writing */
    if (index >= (inode->size + EXT2_PAGE_BYTES - 1) / EXT2_PAGE_BYTES)
        return ext2_unlock(ext2, 0), 0;
    uint64_t room = inode->size - index * EXT2_PAGE_BYTES;
    uint32_t end = room < EXT2_PAGE_BYTES - 1 ? (uint32_t)room : EXT2_PAGE_BYTES - 1; /* less than all: it is read */
    int status =
        writes ? ext2_file_block_make(inode, index, 0, end, &block, &fresh) : ext2_file_block(inode, index, &block);
    coop_paddr frame = 0;
    if (status == 0 && block) {
        frame = block->frame;
        frame_reference(frame);
        block->mapped = block->mapped || writes;
        ext2_cache_put(block);
    } else if (status == 0) {
        frame = frame_allocate_zeroed(); /* a hole, for reading */
    }
    ext2_unlock(ext2, 0);
    return frame;
}

static long ext2_file_sync(struct file *file)
{
    return ext2_sync(ext2_volume(file->inode));
}

const struct file_operations ext2_file_operations = {
    .read = ext2_file_read,
    .write = ext2_file_write,
    .seek = file_seek,
    .page = ext2_file_page,
    .truncate = ext2_file_set_size,
    .sync = ext2_file_sync,
    .ioctl = ext2_freeze_control,
};

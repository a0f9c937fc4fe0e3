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

static size_t ext2_file_part(uint64_t position, size_t bytes)
{
    size_t room = EXT2_BLOCK_BYTES - position % EXT2_BLOCK_BYTES;
    return bytes < room ? bytes : room;
}

/* The block of a page, pinned; NULL for a hole. */
static int ext2_file_block(struct inode *inode, uint64_t index, struct ext2_block **block)
{
    uint32_t number;
    bool fresh;
    *block = NULL;
    int status = ext2_map(ext2_of(inode), index, false, &number, &fresh);
    return status || !number ? status : ext2_cache_get(number, EXT2_READ, block);
}

static int ext2_file_read_page(struct inode *inode, uint64_t position, uint64_t user, size_t bytes)
{
    struct ext2_block *block;
    ext2_lock();
    int status = ext2_unlock(ext2_file_block(inode, position / EXT2_BLOCK_BYTES, &block));
    if (status)
        return status;
    if (!block)
        return user_clear(user, bytes);
    status = user_copy_out(user, (uint8_t *)ext2_block_bytes(block) + position % EXT2_BLOCK_BYTES, bytes);
    ext2_lock();
    ext2_cache_put(block);
    return ext2_unlock(status);
}

static long ext2_file_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct inode *inode = file->inode;
    size_t done = 0;
    int status = 0;
    while (done < bytes && *position < inode->size && status == 0) {
        size_t part = ext2_file_part(*position, bytes - done);
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

/* The block of a page for writing `bytes` of it, pinned. *fresh: it was not the file's before, and is all zeroes or yet
 * to be filled as a whole. */
static int ext2_file_block_make(struct inode *inode, uint64_t index, size_t bytes, struct ext2_block **block,
                                bool *fresh)
{
    uint32_t number;
    int status = ext2_map(ext2_of(inode), index, true, &number, fresh);
    if (status)
        return status;
    status = ext2_cache_get(number,
                            *fresh                      ? EXT2_CLEAR
                            : bytes == EXT2_BLOCK_BYTES ? EXT2_OVERWRITE
                                                        : EXT2_READ,
                            block);
    if (status == 0 && *fresh)
        (*block)->dirty = true;
    return status;
}

static int ext2_file_write_page(struct inode *inode, uint64_t position, uint64_t user, size_t bytes)
{
    struct ext2_block *block;
    bool fresh;
    ext2_lock();
    int status = ext2_unlock(ext2_file_block_make(inode, position / EXT2_BLOCK_BYTES, bytes, &block, &fresh));
    if (status)
        return status;
    status = user_copy_in((uint8_t *)ext2_block_bytes(block) + position % EXT2_BLOCK_BYTES, user, bytes);
    ext2_lock();
    if (status == 0) {
        block->dirty = true;
        if (position + bytes > inode->size)
            inode->size = position + bytes;
    } else if (!fresh && bytes == EXT2_BLOCK_BYTES && !block->dirty && !block->gone && !block->mapped) {
        ext2_cache_forget(block->number); /* it may hold half of the new: the device still has the old */
    }
    ext2_cache_put(block);
    return ext2_unlock(status);
}

static long ext2_file_write(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct inode *inode = file->inode;
    uint64_t at;
    size_t done = 0;
    int status = file_write_place(file, *position, EXT2_FILE_LIMIT, &at, &bytes);

    if (status)
        return status;
    while (done < bytes && status == 0) {
        size_t part = ext2_file_part(at, bytes - done);
        status = ext2_file_write_page(inode, at, user_buffer + done, part);
        if (status == 0) {
            done += part;
            at += part;
        }
    }
    ext2_lock();
    inode_written(inode);
    int stored = ext2_unlock(ext2_inode_store(inode));
    if (!done)
        return status ? status : stored;
    *position = at;
    if (file->flags & ABI_O_DSYNC) /* O_SYNC has that bit too */
        stored = ext2_sync();
    return stored ? stored : (long)done;
}

int ext2_file_truncate(struct inode *inode, uint64_t bytes)
{
    struct ext2_block *block = NULL;
    if (ext2.read_only)
        return -EROFS;
    if (bytes > EXT2_FILE_LIMIT)
        return -EFBIG;
    ext2_lock();
    int status = 0;
    if (bytes < inode->size) {
        status = ext2_map_cut(ext2_of(inode), (bytes + EXT2_BLOCK_BYTES - 1) / EXT2_BLOCK_BYTES);
        /* What a later extension brings back must read as zeroes. */
        if (status == 0 && bytes % EXT2_BLOCK_BYTES)
            status = ext2_file_block(inode, bytes / EXT2_BLOCK_BYTES, &block);
        if (block) {
            uint32_t kept = (uint32_t)(bytes % EXT2_BLOCK_BYTES);
            memset((uint8_t *)ext2_block_bytes(block) + kept, 0, EXT2_BLOCK_BYTES - kept);
            ext2_cache_put_dirty(block);
        }
    }
    inode->size = bytes;
    inode_written(inode);
    int stored = ext2_inode_store(inode);
    return ext2_unlock(status ? status : stored);
}

static long ext2_file_set_size(struct file *file, uint64_t bytes)
{
    return ext2_file_truncate(file->inode, bytes);
}

/* A mapping may be written through where the file may: such frames are written back as long as they are mapped. */
static coop_paddr ext2_file_page(struct file *file, uint64_t index)
{
    struct inode *inode = file->inode;
    struct ext2_block *block = NULL;
    bool fresh, writes = (file->flags & ABI_O_ACCESS) != ABI_O_RDONLY;
    if (index >= (inode->size + EXT2_BLOCK_BYTES - 1) / EXT2_BLOCK_BYTES)
        return 0;
    ext2_lock();
    int status = writes ? ext2_file_block_make(inode, index, 0, &block, &fresh) : ext2_file_block(inode, index, &block);
    coop_paddr frame = 0;
    if (status == 0 && block) {
        frame = block->frame;
        frame_reference(frame);
        block->mapped = block->mapped || writes;
        ext2_cache_put(block);
    } else if (status == 0) {
        frame = frame_allocate_zeroed(); /* a hole, for reading */
    }
    ext2_unlock(0);
    return frame;
}

static long ext2_file_sync(struct file *file)
{
    (void)file;
    return ext2_sync();
}

const struct file_operations ext2_file_operations = {
    .read = ext2_file_read,
    .write = ext2_file_write,
    .seek = file_seek,
    .page = ext2_file_page,
    .truncate = ext2_file_set_size,
    .sync = ext2_file_sync,
};

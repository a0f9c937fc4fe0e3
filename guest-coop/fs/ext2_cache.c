/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The block cache of ext2: frames by block number, written back when asked for or when room is needed. A mapping of a
 * file shares the frame, which then stays as long as somebody maps it.
 */
#include "fs/ext2.h"

#include "kernel/errno.h"
#include "memory/frame.h"
#include "memory/heap.h"
#include <coopvirt/primitives.h>

static struct ext2_block **ext2_cache_bucket(uint32_t number)
{
    return &ext2.buckets[number % EXT2_BUCKETS];
}

static void ext2_cache_unlink(struct ext2_block *block)
{
    *(block->newer ? &block->newer->older : &ext2.newest) = block->older;
    *(block->older ? &block->older->newer : &ext2.oldest) = block->newer;
}

static void ext2_cache_link(struct ext2_block *block)
{
    block->newer = NULL;
    block->older = ext2.newest;
    *(ext2.newest ? &ext2.newest->newer : &ext2.oldest) = block;
    ext2.newest = block;
}

/* Takes a block out of the tables; it is freed with its last pin. */
static void ext2_cache_detach(struct ext2_block *block)
{
    struct ext2_block **slot = ext2_cache_bucket(block->number);
    while (*slot != block)
        slot = &(*slot)->next;
    *slot = block->next;
    ext2_cache_unlink(block);
    ext2.cached--;
    block->gone = true;
    if (block->pins)
        return;
    frame_release(block->frame);
    heap_free(block);
}

static int ext2_cache_write(struct ext2_block *block)
{
    struct block_device *device = ext2.device;
    int status = device->write(device, (uint64_t)block->number * EXT2_BLOCK_SECTORS, ext2_block_bytes(block),
                               EXT2_BLOCK_SECTORS);
    if (status)
        return status;
    block->dirty = false;
    /* Once nobody maps it any more, this was the last time. */
    if (frame_references(block->frame) == 1)
        block->mapped = false;
    return 0;
}

/* Makes room by giving up the block that was used longest ago; without one that can be, the cache grows. */
static void ext2_cache_shrink(void)
{
    struct ext2_block *block = ext2.oldest;
    while (block && (block->pins || frame_references(block->frame) > 1))
        block = block->newer;
    if (!block)
        return;
    block->pins++;
    int status = block->dirty || block->mapped ? ext2_cache_write(block) : 0;
    block->pins--;
    if (status == 0 && !block->pins && frame_references(block->frame) == 1)
        ext2_cache_detach(block);
}

static int ext2_cache_fill(struct ext2_block *block, enum ext2_fill fill)
{
    struct block_device *device = ext2.device;
    if (fill == EXT2_OVERWRITE)
        return 0;
    if (fill == EXT2_CLEAR) {
        page_clear(ext2_block_bytes(block));
        return 0;
    }
    return device->read(device, (uint64_t)block->number * EXT2_BLOCK_SECTORS, ext2_block_bytes(block),
                        EXT2_BLOCK_SECTORS);
}

static int ext2_cache_add(uint32_t number, enum ext2_fill fill, struct ext2_block **made)
{
    if (ext2.cached >= ext2.cached_most)
        ext2_cache_shrink();
    struct ext2_block *block = heap_allocate(sizeof(*block));
    coop_paddr frame = block ? frame_allocate() : 0;
    if (!frame) {
        heap_free(block);
        return -ENOMEM;
    }
    block->number = number;
    block->frame = frame;
    int status = ext2_cache_fill(block, fill);
    if (status) {
        frame_release(frame);
        heap_free(block);
        return status;
    }
    struct ext2_block **bucket = ext2_cache_bucket(number);
    block->next = *bucket;
    *bucket = block;
    ext2_cache_link(block);
    ext2.cached++;
    *made = block;
    return 0;
}

int ext2_cache_get(uint32_t number, enum ext2_fill fill, struct ext2_block **found)
{
    struct ext2_block *block = *ext2_cache_bucket(number);
    if (number == 0 ? fill != EXT2_READ : number >= ext2.blocks)
        return -EIO; /* a number that the file system's own data gave, and that cannot be */
    while (block && block->number != number)
        block = block->next;
    if (block) {
        ext2_cache_unlink(block);
        ext2_cache_link(block);
        if (fill == EXT2_CLEAR)
            page_clear(ext2_block_bytes(block));
    } else {
        int status = ext2_cache_add(number, fill, &block);
        if (status)
            return status;
    }
    block->pins++;
    *found = block;
    return 0;
}

void ext2_cache_put(struct ext2_block *block)
{
    if (--block->pins || !block->gone)
        return;
    frame_release(block->frame);
    heap_free(block);
}

void ext2_cache_put_dirty(struct ext2_block *block)
{
    block->dirty = true;
    ext2_cache_put(block);
}

void ext2_cache_forget(uint32_t number)
{
    struct ext2_block *block = *ext2_cache_bucket(number);
    while (block && block->number != number)
        block = block->next;
    if (block)
        ext2_cache_detach(block);
}

int ext2_cache_flush(void)
{
    int first = 0;
    for (struct ext2_block *block = ext2.oldest; block; block = block->newer) {
        int status = block->dirty || block->mapped ? ext2_cache_write(block) : 0;
        if (first == 0)
            first = status;
    }
    int status = ext2.device->flush(ext2.device);
    return first ? first : status;
}

void ext2_cache_drop(void)
{
    while (ext2.oldest)
        ext2_cache_detach(ext2.oldest);
}

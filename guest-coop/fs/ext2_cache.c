/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The block cache of an ext2 volume: frames by block number, written back when asked for or when room is needed. A
 * mapping of a file shares the frame, which then stays as long as somebody maps it.
 */
#include "fs/ext2.h"

#include "kernel/errno.h"
#include "memory/frame.h"
#include "memory/heap.h"
#include <coopvirt/primitives.h>
#include <coopvirt/string.h>

static struct ext2_block **ext2_cache_bucket(struct ext2 *ext2, uint64_t number)
{
    return &ext2->buckets[(number + (number >> 32)) % EXT2_BUCKETS];
}

static void ext2_cache_unlink(struct ext2 *ext2, struct ext2_block *block)
{
    *(block->newer ? &block->newer->older : &ext2->newest) = block->older;
    *(block->older ? &block->older->newer : &ext2->oldest) = block->newer;
}

static void ext2_cache_link(struct ext2 *ext2, struct ext2_block *block)
{
    block->newer = NULL;
    block->older = ext2->newest;
    *(ext2->newest ? &ext2->newest->newer : &ext2->oldest) = block;
    ext2->newest = block;
}

/* Takes a block out of the tables; it is freed with its last pin. */
void ext2_cache_detach(struct ext2 *ext2, struct ext2_block *block)
{
    struct ext2_block **slot = ext2_cache_bucket(ext2, block->number);
    while (*slot != block)
        slot = &(*slot)->next;
    *slot = block->next;
    ext2_cache_unlink(ext2, block);
    ext2->cached--;
    block->gone = true;
    if (block->pins)
        return;
    frame_release(block->frame);
    heap_free(block);
}

/* Reads or writes a page part by part; what is a hole stays as it is. */
static int ext2_cache_move_parts(const struct ext2 *ext2, struct ext2_block *block, bool writing)
{
    struct block_device *device = ext2->device;
    int status = 0;
    for (uint32_t i = 0; i < EXT2_PAGE_BYTES >> ext2->block_bits && status == 0; i++) {
        uint8_t *part = (uint8_t *)ext2_block_bytes(block) + (i << ext2->block_bits);
        uint64_t sector = (uint64_t)block->parts[i] * ext2->block_sectors;
        if (block->parts[i])
            status = writing ? device->write(device, sector, part, ext2->block_sectors)
                             : device->read(device, sector, part, ext2->block_sectors);
    }
    return status;
}

static int ext2_cache_write(struct ext2 *ext2, struct ext2_block *block)
{
    struct block_device *device = ext2->device;
    int status = block->number >> 32 ? ext2_cache_move_parts(ext2, block, true)
                                     : device->write(device, block->number * ext2->block_sectors,
                                                     ext2_block_bytes(block), ext2->block_sectors);
    if (status)
        return status;
    block->dirty = false;
    /* Once nobody maps it any more, this was the last time. */
    if (frame_references(block->frame) == 1)
        block->mapped = false;
    return 0;
}

/* Makes room by giving up the block that was used longest ago; without one that can be, the cache grows. */
static void ext2_cache_shrink(struct ext2 *ext2)
{
    struct ext2_block *block = ext2->oldest;
    while (block &&
           (block->pins || frame_references(block->frame) > 1 || (ext2->frozen && (block->dirty || block->mapped))))
        block = block->newer;
    if (!block)
        return;
    block->pins++;
    int status = block->dirty || block->mapped ? ext2_cache_write(ext2, block) : 0;
    block->pins--;
    if (status == 0 && !block->pins && frame_references(block->frame) == 1)
        ext2_cache_detach(ext2, block);
}

static int ext2_cache_fill(struct ext2 *ext2, struct ext2_block *block, enum ext2_fill fill)
{
    struct block_device *device = ext2->device;
    if (fill != EXT2_READ || block->number >> 32)
        page_clear(ext2_block_bytes(block));
    if (fill != EXT2_READ)
        return 0;
    if (block->number >> 32)
        return ext2_cache_move_parts(ext2, block, false);
    return device->read(device, block->number * ext2->block_sectors, ext2_block_bytes(block), ext2->block_sectors);
}

int ext2_cache_add(struct ext2 *ext2, uint64_t number, const uint32_t *parts, enum ext2_fill fill,
                   struct ext2_block **made)
{
    if (ext2->cached >= ext2->cached_most)
        ext2_cache_shrink(ext2);
    struct ext2_block *block = heap_allocate(sizeof(*block));
    coop_paddr frame = block ? frame_allocate() : 0;
    if (!frame) {
        heap_free(block);
        return -ENOMEM;
    }
    block->number = number;
    block->frame = frame;
    if (parts)
        memcpy(block->parts, parts, sizeof(block->parts));
    int status = ext2_cache_fill(ext2, block, fill);
    if (status) {
        frame_release(frame);
        heap_free(block);
        return status;
    }
    struct ext2_block **bucket = ext2_cache_bucket(ext2, number);
    block->next = *bucket;
    *bucket = block;
    ext2_cache_link(ext2, block);
    ext2->cached++;
    *made = block;
    return 0;
}

int ext2_cache_get(struct ext2 *ext2, uint32_t number, enum ext2_fill fill, struct ext2_block **found)
{
    struct ext2_block *block = *ext2_cache_bucket(ext2, number);
    if (number == 0 ? fill != EXT2_READ : number >= ext2->blocks)
        return -EIO; /* a number that the file system's own data gave, and that cannot be */
    while (block && block->number != number)
        block = block->next;
    if (block) {
        ext2_cache_unlink(ext2, block);
        ext2_cache_link(ext2, block);
        if (fill == EXT2_CLEAR)
            page_clear(ext2_block_bytes(block));
    } else {
        int status = ext2_cache_add(ext2, number, NULL, fill, &block);
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

struct ext2_block *ext2_cache_find(struct ext2 *ext2, uint64_t number)
{
    struct ext2_block *block = *ext2_cache_bucket(ext2, number);
    while (block && block->number != number)
        block = block->next;
    return block;
}

void ext2_cache_forget(struct ext2 *ext2, uint64_t number)
{
    struct ext2_block *block = ext2_cache_find(ext2, number);
    if (block)
        ext2_cache_detach(ext2, block);
}

int ext2_cache_flush(struct ext2 *ext2)
{
    int first = 0;
    for (struct ext2_block *block = ext2->oldest; block; block = block->newer) {
        int status = block->dirty || block->mapped ? ext2_cache_write(ext2, block) : 0;
        if (first == 0)
            first = status;
    }
    int status = ext2->device->flush(ext2->device);
    return first ? first : status;
}

void ext2_cache_drop(struct ext2 *ext2)
{
    while (ext2->oldest)
        ext2_cache_detach(ext2, ext2->oldest);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages of files on a volume whose blocks are of 1 or 2 KiB: each lies in the cache under its inode and index, and
 * names the blocks that it is put together from. Those are read and written with it, and not cached by themselves.
 */
#include "fs/ext2.h"

#include "kernel/errno.h"
#include <coopvirt/string.h>

static uint64_t ext2_page_number(const struct ext2_inode *inode, uint64_t index)
{
    return EXT2_PAGE(inode->inode.number, index);
}

static uint32_t ext2_page_parts(const struct ext2 *ext2)
{
    return EXT2_PAGE_BYTES >> ext2->block_bits;
}

/* Brings a page into the cache; one without any block only if it is to be `made`. */
static int ext2_page_find(struct ext2_inode *inode, uint64_t index, bool make, struct ext2_block **found)
{
    struct ext2 *ext2 = ext2_volume(&inode->inode);
    uint32_t parts[EXT2_PAGE_PARTS] = {0};
    bool fresh, any = false;
    if (index >= ext2_map_limit(ext2) / EXT2_PAGE_BYTES + 1)
        return -EIO; /* a size that the file system itself contradicts */
    *found = ext2_cache_find(ext2, ext2_page_number(inode, index));
    if (*found)
        return 0;
    for (uint32_t i = 0; i < ext2_page_parts(ext2); i++) {
        int status = ext2_map(inode, index * ext2_page_parts(ext2) + i, false, &parts[i], &fresh);
        if (status)
            return status;
        if (parts[i] >= ext2->blocks)
            return -EIO;
        any = any || parts[i];
    }
    return any || make ? ext2_cache_add(ext2, ext2_page_number(inode, index), parts, EXT2_READ, found) : 0;
}

int ext2_page_get(struct ext2_inode *inode, uint64_t index, struct ext2_block **block)
{
    int status = ext2_page_find(inode, index, false, block);
    if (status == 0 && *block)
        (*block)->pins++;
    return status;
}

/* Gives the page blocks where it has none. */
static int ext2_page_fill(struct ext2_inode *inode, struct ext2_block *block, uint32_t from, uint32_t end, bool *fresh)
{
    const struct ext2 *ext2 = ext2_volume(&inode->inode);
    uint64_t first = (uint64_t)(uint32_t)block->number * ext2_page_parts(ext2);
    int status = 0;
    for (uint32_t i = from >> ext2->block_bits; i << ext2->block_bits < end && status == 0; i++) {
        if (block->parts[i])
            continue;
        status = ext2_map(inode, first + i, true, &block->parts[i], fresh);
        if (status == 0 && block->parts[i] >= ext2->blocks)
            status = -EIO;
        if (status)
            block->parts[i] = 0;
        else
            block->dirty = true; /* what was in that block before is nobody's to see */
    }
    return status;
}

int ext2_page_make(struct ext2_inode *inode, uint64_t index, uint32_t from, uint32_t end, struct ext2_block **block,
                   bool *fresh)
{
    *fresh = false;
    int status = ext2_page_find(inode, index, true, block);
    if (status)
        return status;
    (*block)->pins++;
    status = ext2_page_fill(inode, *block, from, end, fresh);
    if (status)
        ext2_cache_put(*block);
    return status;
}

/* A page that is kept in part keeps what lies before; the caller zeroes the rest. */
static void ext2_page_trim(const struct ext2 *ext2, struct ext2_block *block, uint32_t kept)
{
    for (uint32_t i = (kept + ext2->block_bytes - 1) >> ext2->block_bits; i < ext2_page_parts(ext2); i++)
        block->parts[i] = 0;
}

void ext2_page_cut(struct ext2_inode *inode, uint64_t bytes)
{
    struct ext2 *ext2 = ext2_volume(&inode->inode);
    uint64_t first = ext2_page_number(inode, bytes / EXT2_PAGE_BYTES), behind = EXT2_PAGE(inode->inode.number + 1, 0);
    uint32_t kept = (uint32_t)(bytes % EXT2_PAGE_BYTES);
    for (struct ext2_block *block = ext2->oldest, *newer; block; block = newer) {
        newer = block->newer;
        if (block->number < first || block->number >= behind)
            continue;
        if (block->number == first && kept)
            ext2_page_trim(ext2, block, kept);
        else
            ext2_cache_detach(ext2, block);
    }
}

int ext2_page_lengthen(struct ext2_inode *inode, uint64_t bytes)
{
    uint64_t size = inode->inode.size, index = size / EXT2_PAGE_BYTES;
    struct ext2_block *block = ext2_cache_find(ext2_volume(&inode->inode), ext2_page_number(inode, index));
    bool fresh;
    if (bytes <= size || !block || !block->mapped)
        return 0;
    uint64_t end = bytes - index * EXT2_PAGE_BYTES;
    block->pins++; /* blocks that name blocks may want its room */
    int status = ext2_page_fill(inode, block, (uint32_t)(size % EXT2_PAGE_BYTES),
                                end < EXT2_PAGE_BYTES ? (uint32_t)end : EXT2_PAGE_BYTES, &fresh);
    ext2_cache_put(block);
    return status;
}

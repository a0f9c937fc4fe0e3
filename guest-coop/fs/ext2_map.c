/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a file's blocks are: twelve numbers in the inode, then trees of one, two and three levels, each block full of
 * numbers. A tree is cut from its end, and its own blocks go with the last number in them.
 */
#include "fs/ext2.h"

/* Which of the fifteen a block belongs to, the levels below it, and its place in that tree. */
static uint32_t ext2_map_root(const struct ext2 *ext2, uint64_t index, unsigned *levels, uint64_t *within)
{
    if (index < EXT2_DIRECT) {
        *levels = 0;
        *within = 0;
        return (uint32_t)index;
    }
    index -= EXT2_DIRECT;
    unsigned level = 1;
    while (level < 3 && index >> (ext2->numbers_bits * level)) {
        index -= 1ull << (ext2->numbers_bits * level);
        level++;
    }
    *levels = level;
    *within = index;
    return EXT2_DIRECT + level - 1;
}

uint64_t ext2_map_limit(const struct ext2 *ext2)
{
    uint64_t numbers = 1ull << ext2->numbers_bits;
    return (EXT2_DIRECT + numbers + numbers * numbers + numbers * numbers * numbers) << ext2->block_bits;
}

static uint32_t ext2_map_near(const struct ext2_inode *inode, uint32_t last)
{
    const struct ext2 *ext2 = ext2_volume(&inode->inode);
    uint32_t group = (uint32_t)((inode->inode.number - 1) / ext2->group_inodes);
    return last ? last + 1 : ext2->first_block + group * ext2->group_blocks;
}

/* A block for *slot, counted to the inode. */
static int ext2_map_make(struct ext2_inode *inode, uint32_t *slot, uint32_t near)
{
    struct ext2 *ext2 = ext2_volume(&inode->inode);
    int status = ext2_block_allocate(ext2, near < ext2->blocks ? near : ext2->first_block, slot);
    if (status)
        *slot = 0;
    else
        inode->inode.sectors += ext2->block_sectors;
    return status;
}

/* The number in a tree below the block `table`. */
static int ext2_map_walk(struct ext2_inode *inode, uint32_t table, unsigned levels, uint64_t within, bool make,
                         uint32_t *number, bool *fresh, bool fresh_table)
{
    struct ext2 *ext2 = ext2_volume(&inode->inode);
    uint32_t mask = (1u << ext2->numbers_bits) - 1;
    while (levels--) {
        struct ext2_block *block;
        int status = ext2_cache_get(ext2, table, fresh_table ? EXT2_CLEAR : EXT2_READ, &block);
        if (status)
            return status;
        uint32_t *slot = (uint32_t *)ext2_block_bytes(block) + (within >> (ext2->numbers_bits * levels) & mask);
        bool is_dirty = fresh_table;
        fresh_table = false;
        if (!*slot && make) {
            uint32_t before = slot > (uint32_t *)ext2_block_bytes(block) ? slot[-1] : table;
            status = ext2_map_make(inode, slot, ext2_map_near(inode, before));
            is_dirty = true;
            fresh_table = levels > 0;
            *fresh = levels == 0;
        }
        table = *slot;
        (is_dirty ? ext2_cache_put_dirty : ext2_cache_put)(block);
        if (status || !table) {
            *number = 0;
            return status;
        }
    }
    *number = table;
    return 0;
}

int ext2_map(struct ext2_inode *inode, uint64_t index, bool make, uint32_t *number, bool *fresh)
{
    unsigned levels;
    uint64_t within;
    uint32_t root = ext2_map_root(ext2_volume(&inode->inode), index, &levels, &within);
    bool fresh_table = false;

    *fresh = false;
    if (!inode->block[root] && make) {
        int status = ext2_map_make(inode, &inode->block[root], ext2_map_near(inode, root ? inode->block[root - 1] : 0));
        if (status)
            return status;
        *fresh = levels == 0;
        fresh_table = levels > 0;
    }
    *number = inode->block[root];
    if (!*number || !levels)
        return 0;
    return ext2_map_walk(inode, *number, levels, within, make, number, fresh, fresh_table);
}

static int ext2_map_free(struct ext2_inode *inode, uint32_t *slot)
{
    int status = ext2_block_free(ext2_volume(&inode->inode), *slot);
    inode->inode.sectors -= ext2_volume(&inode->inode)->block_sectors;
    *slot = 0;
    return status;
}

/* Frees the numbers from `first` on in the tree at *slot, and its own block when none is left. */
static int ext2_map_cut_tree(struct ext2_inode *inode, uint32_t *slot, unsigned levels, uint64_t first)
{
    if (!*slot)
        return 0;
    if (levels == 0)
        return first ? 0 : ext2_map_free(inode, slot);
    struct ext2 *ext2 = ext2_volume(&inode->inode);
    uint64_t span = 1ull << (ext2->numbers_bits * (levels - 1));
    uint32_t count = 1u << ext2->numbers_bits;
    struct ext2_block *block;
    int status = ext2_cache_get(ext2, *slot, EXT2_READ, &block);
    if (status)
        return status;
    uint32_t *numbers = ext2_block_bytes(block);
    for (uint32_t i = (uint32_t)(first / span); i < count && status == 0; i++)
        status = ext2_map_cut_tree(inode, &numbers[i], levels - 1, i * span < first ? first - i * span : 0);
    ext2_cache_put_dirty(block);
    return status || first ? status : ext2_map_free(inode, slot);
}

int ext2_map_cut(struct ext2_inode *inode, uint64_t first)
{
    int status = 0;
    for (uint32_t i = first < EXT2_DIRECT ? (uint32_t)first : EXT2_DIRECT; i < EXT2_DIRECT && status == 0; i++)
        status = ext2_map_cut_tree(inode, &inode->block[i], 0, 0);
    uint64_t base = EXT2_DIRECT;
    for (unsigned levels = 1; levels <= 3 && status == 0; levels++) {
        uint64_t span = 1ull << (ext2_volume(&inode->inode)->numbers_bits * levels);
        if (first < base + span)
            status = ext2_map_cut_tree(inode, &inode->block[EXT2_DIRECT + levels - 1], levels,
                                       first > base ? first - base : 0);
        base += span;
    }
    return status;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Free blocks and inodes of ext2: one bitmap of each a group. The search begins in the group, and for blocks at the
 * bit, of what the new one belongs to.
 */
#include "fs/ext2.h"

#include "kernel/errno.h"

#define EXT2_BITS_A_WORD 64u

/* The first clear bit at or behind `from` and before `end`; `end` when there is none. */
static uint32_t ext2_bitmap_find(const uint64_t *words, uint32_t from, uint32_t end)
{
    for (uint32_t bit = from; bit < end; bit = (bit | (EXT2_BITS_A_WORD - 1)) + 1) {
        uint64_t taken = words[bit / EXT2_BITS_A_WORD] | ((1ull << bit % EXT2_BITS_A_WORD) - 1);
        if (~taken) {
            uint32_t found = (bit & ~(EXT2_BITS_A_WORD - 1)) + (uint32_t)__builtin_ctzll(~taken);
            return found < end ? found : end;
        }
    }
    return end;
}

/* Takes a clear bit of a bitmap, looking from `from` on and then from the start: 0, -ENOSPC. */
static int ext2_bitmap_take(struct ext2 *ext2, uint32_t bitmap, uint32_t from, uint32_t end, uint32_t *taken)
{
    struct ext2_block *block;
    int status = ext2_cache_get(ext2, bitmap, EXT2_READ, &block);
    if (status)
        return status;
    uint64_t *words = ext2_block_bytes(block);
    uint32_t bit = ext2_bitmap_find(words, from < end ? from : 0, end);
    if (bit == end)
        bit = ext2_bitmap_find(words, 0, end);
    if (bit == end) {
        ext2_cache_put(block);
        return -ENOSPC;
    }
    words[bit / EXT2_BITS_A_WORD] |= 1ull << bit % EXT2_BITS_A_WORD;
    ext2_cache_put_dirty(block);
    *taken = bit;
    return 0;
}

/* -EIO for a bit that is clear already: the file system contradicts itself. */
static int ext2_bitmap_give(struct ext2 *ext2, uint32_t bitmap, uint32_t bit)
{
    struct ext2_block *block;
    int status = ext2_cache_get(ext2, bitmap, EXT2_READ, &block);
    if (status)
        return status;
    uint64_t *word = (uint64_t *)ext2_block_bytes(block) + bit / EXT2_BITS_A_WORD;
    uint64_t mask = 1ull << bit % EXT2_BITS_A_WORD;
    if (!(*word & mask)) {
        ext2_cache_put(block);
        return -EIO;
    }
    *word &= ~mask;
    ext2_cache_put_dirty(block);
    return 0;
}

static uint32_t ext2_blocks_in(const struct ext2 *ext2, uint32_t group)
{
    uint32_t left = ext2->blocks - ext2->first_block - group * ext2->group_blocks;
    return left < ext2->group_blocks ? left : ext2->group_blocks;
}

int ext2_block_allocate(struct ext2 *ext2, uint32_t near, uint32_t *number)
{
    uint32_t first = (near - ext2->first_block) / ext2->group_blocks;
    uint32_t bit = (near - ext2->first_block) % ext2->group_blocks;
    for (uint32_t i = 0; i < ext2->groups; i++, bit = 0) {
        uint32_t group = (first + i) % ext2->groups;
        struct ext2_group descriptor;
        int status = ext2_group_get(ext2, group, &descriptor);
        if (status == 0 && descriptor.free_blocks == 0)
            continue;
        if (status == 0)
            status = ext2_bitmap_take(ext2, descriptor.block_bitmap, bit, ext2_blocks_in(ext2, group), &bit);
        if (status == 0)
            status = ext2_count(ext2, group, -1, 0, 0);
        if (status == -ENOSPC)
            continue;
        *number = ext2->first_block + group * ext2->group_blocks + bit;
        return status;
    }
    return -ENOSPC;
}

int ext2_block_free(struct ext2 *ext2, uint32_t number)
{
    struct ext2_group descriptor;
    if (number <= ext2->first_block || number >= ext2->blocks)
        return -EIO;
    uint32_t place = number - ext2->first_block, group = place / ext2->group_blocks;
    ext2_cache_forget(ext2, number);
    int status = ext2_group_get(ext2, group, &descriptor);
    if (status == 0)
        status = ext2_bitmap_give(ext2, descriptor.block_bitmap, place % ext2->group_blocks);
    return status ? status : ext2_count(ext2, group, 1, 0, 0);
}

/* The group for a new directory: the one with most free inodes; for anything else its directory's. */
static int ext2_inode_group(struct ext2 *ext2, uint32_t near, bool directory, uint32_t *group)
{
    uint32_t most = 0;
    *group = (near - 1) / ext2->group_inodes;
    for (uint32_t i = 0; directory && i < ext2->groups; i++) {
        struct ext2_group descriptor;
        int status = ext2_group_get(ext2, i, &descriptor);
        if (status)
            return status;
        if (descriptor.free_inodes > most && descriptor.free_blocks) {
            most = descriptor.free_inodes;
            *group = i;
        }
    }
    return 0;
}

int ext2_inode_allocate(struct ext2 *ext2, uint32_t near, bool directory, uint32_t *number)
{
    uint32_t first, bit;
    int status = ext2_inode_group(ext2, near, directory, &first);
    for (uint32_t i = 0; i < ext2->groups && status == 0; i++) {
        uint32_t group = (first + i) % ext2->groups;
        struct ext2_group descriptor;
        status = ext2_group_get(ext2, group, &descriptor);
        if (status == 0 && descriptor.free_inodes == 0)
            continue;
        /* The first inodes of the first group are the file system's own; their bits are set. */
        if (status == 0)
            status = ext2_bitmap_take(ext2, descriptor.inode_bitmap, 0, ext2->group_inodes, &bit);
        if (status == -ENOSPC) {
            status = 0;
            continue;
        }
        if (status)
            return status;
        *number = group * ext2->group_inodes + bit + 1;
        return ext2_count(ext2, group, 0, -1, directory);
    }
    return status ? status : -ENOSPC;
}

int ext2_inode_free(struct ext2 *ext2, uint32_t number, bool directory)
{
    struct ext2_group descriptor;
    uint32_t group = (number - 1) / ext2->group_inodes;
    int status = ext2_group_get(ext2, group, &descriptor);
    if (status == 0)
        status = ext2_bitmap_give(ext2, descriptor.inode_bitmap, (number - 1) % ext2->group_inodes);
    return status ? status : ext2_count(ext2, group, 0, 1, -(int)directory);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One-dimensional and two-dimensional walks. In two dimensions every address that the first holds, its own tables'
 * included, goes through the second; the walk caches shorten either as a CPU's do.
 */
#include "page_walk.h"

#define LEVELS       4u
#define FRAME        0x000ffffffffff000ull
#define ENTRY_P      (1ull << 0)
#define ENTRY_PS     (1ull << 7)
#define ENTRY_GLOBAL (1ull << 8)

static unsigned page_walk_shift(unsigned level)
{
    return TLB_SHIFT_LEAST + TLB_SHIFT_STEP * (level - 1);
}

static bool page_walk_is_leaf(uint64_t entry, unsigned level)
{
    return level == 1 || (level < LEVELS && entry & ENTRY_PS);
}

static uint64_t page_walk_entry(const struct page_walk *walk, uint64_t table, uint64_t address, unsigned level)
{
    return walk->read(walk->context, table + (address >> page_walk_shift(level) & 511) * sizeof(uint64_t));
}

/* Where in the leaf's page the address lies. Bits of the frame below the page's size are flags (PAT), not address. */
static uint64_t page_walk_place(uint64_t entry, uint64_t address, unsigned shift)
{
    return (entry & FRAME) >> shift << shift | (address & ((1ull << shift) - 1));
}

/* The second dimension: a guest-physical address to its machine address. False where nothing is mapped. */
static bool page_walk_nested(struct page_walk *walk, const struct page_walk_roots *roots, uint64_t guest,
                             struct page_walk_result *result, uint64_t *machine, unsigned *shift)
{
    const struct tlb_entry *cached;
    uint64_t table = roots->nested & FRAME;

    *shift = page_walk_shift(LEVELS);
    *machine = guest;
    if (!roots->is_nested)
        return true;
    cached = tlb_find(&walk->nested_cache, guest, roots->asid);
    if (cached) {
        *shift = cached->shift;
        *machine = cached->value + (guest - cached->page);
        return true;
    }
    for (unsigned level = LEVELS; level; level--) {
        uint64_t entry = page_walk_entry(walk, table, guest, level);

        result->references++;
        result->nested_references++;
        if (!(entry & ENTRY_P))
            return false;
        if (page_walk_is_leaf(entry, level)) {
            struct tlb_entry filled;

            *shift = page_walk_shift(level);
            *machine = page_walk_place(entry, guest, *shift);
            filled = tlb_entry_of(guest, *shift, roots->asid, *machine >> *shift << *shift, false);
            tlb_fill(&walk->nested_cache, &filled);
            return true;
        }
        table = entry & FRAME;
    }
    return false;
}

/* Begins where the walk cache allows: the level of the table and its machine address. */
static bool page_walk_begin(struct page_walk *walk, const struct page_walk_roots *roots, uint64_t address,
                            struct page_walk_result *result, uint64_t *table, unsigned *level)
{
    const struct tlb_entry *cached = tlb_find(&walk->cache, address, roots->asid);
    unsigned shift;

    if (cached) {
        *level = (cached->shift - TLB_SHIFT_LEAST) / TLB_SHIFT_STEP;
        *table = cached->value;
        return true;
    }
    *level = LEVELS;
    return page_walk_nested(walk, roots, roots->guest & FRAME, result, table, &shift);
}

static void page_walk_finish(struct page_walk *walk, const struct page_walk_roots *roots, uint64_t guest, unsigned size,
                             struct page_walk_result *result)
{
    unsigned shift;

    result->is_present = page_walk_nested(walk, roots, guest, result, &result->machine, &shift);
    result->shift = shift < size ? shift : size;
}

struct page_walk_result page_walk(struct page_walk *walk, const struct page_walk_roots *roots, uint64_t address)
{
    struct page_walk_result result = {0};
    uint64_t table;
    unsigned level, shift;

    if (!roots->is_paged) {
        page_walk_finish(walk, roots, address, page_walk_shift(3), &result);
        return result;
    }
    if (!page_walk_begin(walk, roots, address, &result, &table, &level))
        return result;
    for (; level; level--) {
        uint64_t entry = page_walk_entry(walk, table, address, level);
        struct tlb_entry filled;

        result.references++;
        if (!(entry & ENTRY_P))
            return result;
        if (page_walk_is_leaf(entry, level)) {
            result.is_global = roots->has_global && entry & ENTRY_GLOBAL;
            page_walk_finish(walk, roots, page_walk_place(entry, address, page_walk_shift(level)),
                             page_walk_shift(level), &result);
            return result;
        }
        if (!page_walk_nested(walk, roots, entry & FRAME, &result, &table, &shift))
            return result;
        filled = tlb_entry_of(address, page_walk_shift(level), roots->asid, table, false);
        tlb_fill(&walk->cache, &filled);
    }
    return result;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Four-level page tables by APM vol. 2, "4-Kbyte Page Translation". Work is proportional to the pages mapped:
 * absent tables are skipped, and tables are given back from the ranges that empty them, without scans. Since what is
 * given back is blank, some tables of each level are kept as they are (roots with the kernel's half), for the next
 * space.
 */
#include "memory/page_table.h"
#include "memory/frame.h"
#include "memory/kernel_map.h"
#include "memory/layout.h"

#define LEVELS      4
#define ENTRIES     512u
#define TABLE_FLAGS (X86_PTE_P | X86_PTE_W | X86_PTE_A)
#define TABLES_KEPT 32u

/* Blank tables of a level. */
struct table_pool {
    unsigned count;
    unsigned flushes; /* of batches, when the latest came: blank at the next flush */
    coop_paddr tables[TABLES_KEPT];
};

uint64_t page_table_flags_mask = ~X86_PTE_NX;
unsigned page_table_root_frames = 1;
static struct table_pool table_pools[LEVELS];

static unsigned level_shift(unsigned level)
{
    return X86_PAGE_SHIFT + 9 * (level - 1);
}
static unsigned level_index(uint64_t address, unsigned level)
{
    return address >> level_shift(level) & (ENTRIES - 1);
}
static uint64_t *table_at(coop_paddr table)
{
    return frame_address(table);
}

static coop_paddr table_create(unsigned level)
{
    struct table_pool *pool = &table_pools[level - 1];
    if (pool->count == 0)
        return pv.mmu.table_born(level);
    if (pool->flushes == pv_batch.flushes)
        pv_batch_settle();
    return pool->tables[--pool->count];
}

/* True: the frame is the caller's to release, when nothing reaches it any more. */
static bool table_destroy(coop_paddr table, unsigned level)
{
    struct table_pool *pool = &table_pools[level - 1];
    if (pool->count == TABLES_KEPT)
        return pv.mmu.table_died(table, level);
    pool->flushes = pv_batch.flushes;
    pool->tables[pool->count++] = table;
    return false;
}

/* Links or unlinks a table of `level` - 1. A user address in a root has its entry in user mode's root too. */
static void table_link(uint64_t *slot, unsigned level, uint64_t entry, bool user)
{
    page_set(slot, entry);
    if (level == LEVELS && page_table_root_frames == 2 && user)
        page_set(slot + ENTRIES, entry);
}

/* The table below `table` on the way to the address, made if need be; NULL when memory is exhausted. */
static inline uint64_t *table_descend(uint64_t *table, unsigned level, uint64_t address)
{
    uint64_t *slot = &table[level_index(address, level)];
    if (page_present(*slot))
        return table_at(page_frame(*slot));
    coop_paddr child = table_create(level - 1);
    if (!child)
        return 0;
    bool user = address < USER_TOP;
    table_link(slot, level, page_entry(child, TABLE_FLAGS | (user ? X86_PTE_U : 0)), user);
    return table_at(child);
}

uint64_t *page_table_find(coop_paddr root, uint64_t address)
{
    uint64_t *table = table_at(root);
    for (unsigned level = LEVELS; level > 1; level--) {
        uint64_t entry = table[level_index(address, level)];
        if (!page_present(entry) || (entry & X86_PTE_PS))
            return 0;
        table = table_at(page_frame(entry));
    }
    return &table[level_index(address, 1)];
}

/* The slot at `level` for the address, making the tables above it. */
static uint64_t *page_table_make_level(coop_paddr root, uint64_t address, unsigned wanted)
{
    uint64_t *table = table_at(root);
    for (unsigned level = LEVELS; level > wanted; level--) {
        table = table_descend(table, level, address);
        if (!table)
            return 0;
    }
    return &table[level_index(address, wanted)];
}

uint64_t *page_table_make(coop_paddr root, uint64_t address)
{
    return page_table_make_level(root, address, 1);
}

void page_table_path_start(struct page_table_path *path, coop_paddr root)
{
    path->root = root;
    path->tables[LEVELS] = table_at(root);
    path->address = 0;
    for (unsigned level = 1; level < LEVELS; level++)
        path->tables[level] = 0;
}

uint64_t *page_table_path_make(struct page_table_path *path, uint64_t address)
{
    unsigned level = 1;
    while (level < LEVELS && (!path->tables[level] || (path->address ^ address) >> level_shift(level + 1)))
        level++;
    path->address = address;
    for (; level > 1; level--) {
        path->tables[level - 1] = table_descend(path->tables[level], level, address);
        if (!path->tables[level - 1]) {
            page_table_path_start(path, path->root);
            return 0;
        }
    }
    return &path->tables[1][level_index(address, 1)];
}

void page_gather_finish(struct page_gather *gather)
{
    if (gather->count && gather->flush)
        pv.mmu.flush_user();
    for (unsigned i = 0; i < gather->count; i++)
        frame_release(gather->frames[i]);
    gather->count = 0;
}

static void page_gather_add(struct page_gather *gather, coop_paddr frame)
{
    if (gather->count == PAGE_GATHER_FRAMES)
        page_gather_finish(gather);
    gather->frames[gather->count++] = frame;
}

struct clear_range {
    uint64_t start, end, floor, ceiling;
    struct page_gather *gather;
};

/* What lies between two pages of the range is 0 already, and cleared with them. */
static void table_clear_pages(uint64_t *slot, const uint64_t *last, struct page_gather *gather)
{
    uint64_t *first = 0, *latest = 0;
    for (; slot <= last; slot++) {
        uint64_t entry = *slot;
        if (!page_present(entry))
            continue;
        if (gather->count == PAGE_GATHER_FRAMES) {
            if (first)
                pv.mmu.pte_clear(first, (unsigned)(slot - first));
            first = 0;
            page_gather_finish(gather);
        }
        if (!first)
            first = slot;
        latest = slot;
        gather->pages++;
        gather->frames[gather->count++] = page_frame(entry);
    }
    if (first)
        pv.mmu.pte_clear(first, (unsigned)(latest - first) + 1);
}

/* Recursion of fixed depth: one call per level. `base` is the first address that the table maps. */
static void table_clear(uint64_t *table, unsigned level, uint64_t base, const struct clear_range *range)
{
    uint64_t span = 1ul << level_shift(level);
    uint64_t start = range->start > base ? range->start : base;
    uint64_t table_last = base + span * ENTRIES - 1;
    uint64_t last = range->end - 1 < table_last ? range->end - 1 : table_last;
    unsigned index = level_index(start, level), last_index = level_index(last, level);
    if (level == 1) {
        table_clear_pages(&table[index], &table[last_index], range->gather);
        return;
    }
    for (; index <= last_index; index++) {
        if (!page_present(table[index]))
            continue;
        coop_paddr child = page_frame(table[index]);
        uint64_t child_base = base + index * span;
        table_clear(table_at(child), level - 1, child_base, range);
        if (child_base < range->floor || child_base + span > range->ceiling)
            continue;
        table_link(&table[index], level, 0, true);
        if (table_destroy(child, level - 1))
            page_gather_add(range->gather, child);
    }
}

void page_table_clear(coop_paddr root, uint64_t start, uint64_t end, uint64_t floor, uint64_t ceiling,
                      struct page_gather *gather)
{
    struct clear_range range = {start, end, floor, ceiling, gather};
    if (start < end)
        table_clear(table_at(root), LEVELS, 0, &range);
}

static int table_visit_pages(uint64_t *slot, uint64_t start, uint64_t end, page_visitor *visit, void *context)
{
    for (uint64_t address = start; address < end; address += X86_PAGE_BYTES, slot++) {
        if (!page_present(*slot))
            continue;
        int status = visit(context, address, slot);
        if (status < 0)
            return status;
    }
    return 0;
}

static int table_visit(uint64_t *table, unsigned level, uint64_t start, uint64_t end, page_visitor *visit,
                       void *context)
{
    if (level == 1)
        return table_visit_pages(&table[level_index(start, 1)], start, end, visit, context);
    uint64_t span = 1ul << level_shift(level);
    for (uint64_t address = start; address < end;) {
        uint64_t next = (address & ~(span - 1)) + span;
        uint64_t *slot = &table[level_index(address, level)];
        if (page_present(*slot)) {
            int status =
                table_visit(table_at(page_frame(*slot)), level - 1, address, next < end ? next : end, visit, context);
            if (status < 0)
                return status;
        }
        address = next;
    }
    return 0;
}

int page_table_visit(coop_paddr root, uint64_t start, uint64_t end, page_visitor *visit, void *context)
{
    /* Most ranges lie in one last-level table. */
    if ((start ^ (end - 1)) >> level_shift(2) == 0) {
        uint64_t *slot = page_table_find(root, start);
        return slot ? table_visit_pages(slot, start, end, visit, context) : 0;
    }
    return table_visit(table_at(root), LEVELS, start, end, visit, context);
}

coop_paddr page_table_root_create(void)
{
    coop_paddr root = table_create(LEVELS);
    if (!root)
        return 0;
    const uint64_t *from = table_at(kernel_root);
    uint64_t *to = table_at(root);
    if (to[511])
        return root; /* it has been one before */
    for (unsigned slot = LAYOUT_SLOT(DIRECT_MAP_BASE); page_present(from[slot]); slot++)
        page_set(&to[slot], from[slot] & ~X86_PTE_U);
    page_set(&to[510], from[510] & ~X86_PTE_U);
    page_set(&to[511], from[511] & ~X86_PTE_U);
    return root;
}

void page_table_root_destroy(coop_paddr root)
{
    if (table_destroy(root, LEVELS))
        frame_release(root);
}

static unsigned map_level(uint64_t address, coop_paddr frame, uint64_t bytes, bool pages_1g)
{
    uint64_t both = address | frame;
    if (pages_1g && bytes >= X86_PAGE_1G && (both & (X86_PAGE_1G - 1)) == 0)
        return 3;
    return bytes >= X86_PAGE_2M && (both & (X86_PAGE_2M - 1)) == 0 ? 2 : 1;
}

bool page_table_map_range(coop_paddr root, uint64_t address, coop_paddr frame, uint64_t bytes, uint64_t flags,
                          bool pages_1g)
{
    while (bytes) {
        unsigned level = map_level(address, frame, bytes, pages_1g);
        uint64_t step = 1ul << level_shift(level);
        uint64_t *slot = page_table_make_level(root, address, level);
        if (!slot)
            return false;
        page_set(slot, page_entry(frame, level > 1 ? flags | X86_PTE_PS : flags));
        address += step;
        frame += step;
        bytes -= step < bytes ? step : bytes;
    }
    return true;
}

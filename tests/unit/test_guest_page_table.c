/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's page tables on fake memory: look-up, visits, and that unmapping gives back every frame and every table,
 * but none too early.
 */
#include "memory/frame_internal.h"
#include "memory/kernel_map.h"
#include "memory/layout.h"
#include "memory/page_table.h"
#include "suite.h"
#include <stdlib.h>
#include <string.h>

#define ARENA_FRAMES 3000ul
#define USER_END     (1ul << 47)

struct pv_operations pv;
struct pv_batch pv_batch;
coop_paddr kernel_root;
static uint8_t *arena;
static unsigned tables_born, tables_died, flushes;

static void fake_set(uint64_t *slot, uint64_t entry)
{
    *slot = entry;
}
static void fake_clear(uint64_t *slot, unsigned count)
{
    memset(slot, 0, count * sizeof(*slot));
}
static void fake_flush(void)
{
    flushes++;
}
static coop_paddr fake_born(unsigned level)
{
    (void)level;
    coop_paddr table = frame_allocate_zeroed();
    tables_born += table != 0;
    return table;
}
static bool fake_died(coop_paddr table, unsigned level)
{
    (void)table, (void)level, tables_died++;
    return true;
}

static void start(void)
{
    const struct frame_extent_range range = {FRAME_BYTES, (ARENA_FRAMES - 1) * FRAME_BYTES};
    arena = aligned_alloc(FRAME_BYTES, ARENA_FRAMES * FRAME_BYTES);
    ck_assert(frame_start(&range, 1, arena, 1ul << 32));
    pv.mmu.pte_set = fake_set;
    pv.mmu.pte_clear = fake_clear;
    pv.mmu.flush_user = fake_flush;
    pv.mmu.table_born = fake_born;
    pv.mmu.table_died = fake_died;
    page_table_flags_mask = ~0ul;
    kernel_root = frame_allocate_zeroed();
    ((uint64_t *)frame_address(kernel_root))[LAYOUT_SLOT(DIRECT_MAP_BASE)] = 0x1003;
    ((uint64_t *)frame_address(kernel_root))[511] = 0x2003;
    tables_born = tables_died = flushes = 0;
}

static void stop(void)
{
    free(arena);
}

/* Frames that are neither free nor tables leave a gap here; tables may be kept. */
static size_t frames_apart_from_tables(void)
{
    return frame_free_count() + tables_born - tables_died;
}

/* Tables that the user half of a table reaches. */
static unsigned tables_below(coop_paddr table, unsigned level)
{
    unsigned tables = 0;
    const uint64_t *slots = frame_address(table);
    for (unsigned i = 0; level > 1 && i < (level == 4 ? 256 : 512); i++)
        if (page_present(slots[i]))
            tables += 1 + tables_below(page_frame(slots[i]), level - 1);
    return tables;
}

static void map(coop_paddr root, uint64_t address)
{
    uint64_t *slot = page_table_make(root, address);
    ck_assert_ptr_nonnull(slot);
    if (!page_present(*slot))
        page_set(slot, page_entry(frame_allocate(), PAGE_USER | X86_PTE_W));
}

static uint64_t clear(coop_paddr root, uint64_t first, uint64_t end, uint64_t floor, uint64_t ceiling)
{
    struct page_gather gather = {.count = 0, .flush = true};
    page_table_clear(root, first, end, floor, ceiling, &gather);
    page_gather_finish(&gather);
    return gather.pages;
}

START_TEST(roots_share_the_kernels_half)
{
    coop_paddr root = page_table_root_create();
    const uint64_t *slots = frame_address(root);
    ck_assert_uint_eq(slots[LAYOUT_SLOT(DIRECT_MAP_BASE)], 0x1003);
    ck_assert_uint_eq(slots[511], 0x2003);
    for (unsigned i = 0; i < 256; i++)
        ck_assert_uint_eq(slots[i], 0);
    page_table_root_destroy(root);
    /* It is kept, and found again as it was. */
    ck_assert_uint_eq(page_table_root_create(), root);
    ck_assert_uint_eq(tables_born, 1);
    ck_assert_uint_eq(slots[511], 0x2003);
}
END_TEST

START_TEST(find_makes_nothing)
{
    coop_paddr root = page_table_root_create();
    size_t before = frame_free_count();
    ck_assert_ptr_null(page_table_find(root, 0x400000));
    ck_assert_uint_eq(frame_free_count(), before);
    map(root, 0x400000);
    ck_assert_uint_eq(frame_free_count(), before - 4);
    ck_assert(page_present(*page_table_find(root, 0x400fff)));
    ck_assert(!page_present(*page_table_find(root, 0x401000)));
    ck_assert_ptr_null(page_table_find(root, 0x600000));
}
END_TEST

START_TEST(tables_go_when_nothing_else_needs_them)
{
    coop_paddr root = page_table_root_create();
    size_t before = frames_apart_from_tables();
    map(root, 0x400000);
    map(root, 0x401000);
    map(root, 0x600000);
    /* A neighbour in the same last-level table keeps it. */
    ck_assert_uint_eq(clear(root, 0x400000, 0x401000, 0, 0x401000), 1);
    ck_assert(page_present(*page_table_find(root, 0x401000)));
    /* One in the same directory keeps the directory. */
    ck_assert_uint_eq(clear(root, 0x401000, 0x402000, 0, 0x600000), 1);
    ck_assert_ptr_null(page_table_find(root, 0x401000));
    ck_assert(page_present(*page_table_find(root, 0x600000)));
    ck_assert_uint_eq(clear(root, 0x600000, 0x601000, 0, USER_END), 1);
    ck_assert_uint_eq(tables_below(root, 4), 0);
    ck_assert_uint_eq(frames_apart_from_tables(), before);
    ck_assert_uint_gt(flushes, 0);
}
END_TEST

START_TEST(discarding_keeps_tables)
{
    coop_paddr root = page_table_root_create();
    map(root, 0x400000);
    size_t before = frame_free_count();
    ck_assert_uint_eq(clear(root, 0x400000, 0x401000, 0x401000, 0x400000), 1);
    ck_assert_uint_eq(frame_free_count(), before + 1);
    ck_assert_ptr_nonnull(page_table_find(root, 0x400000));
}
END_TEST

START_TEST(first_and_last_page)
{
    coop_paddr root = page_table_root_create();
    size_t before = frames_apart_from_tables();
    map(root, 0);
    map(root, USER_END - FRAME_BYTES);
    ck_assert_uint_eq(clear(root, 0, USER_END, 0, USER_END), 2);
    ck_assert_uint_eq(tables_below(root, 4), 0);
    ck_assert_uint_eq(frames_apart_from_tables(), before);
}
END_TEST

START_TEST(memory_exhausted)
{
    coop_paddr root = page_table_root_create();
    size_t before = frames_apart_from_tables();
    static coop_paddr taken[ARENA_FRAMES];
    size_t count = 0;
    while (frame_free_count() > 2)
        taken[count++] = frame_allocate();
    ck_assert_ptr_null(page_table_make(root, 0x400000));
    while (count)
        frame_release(taken[--count]);
    /* What was made on the way is given back by the unmapping of the range. */
    map(root, 0x400000);
    clear(root, 0x400000, 0x401000, 0, USER_END);
    ck_assert_uint_eq(tables_below(root, 4), 0);
    ck_assert_uint_eq(frames_apart_from_tables(), before);
}
END_TEST

static int count_page(void *context, uint64_t address, uint64_t *slot)
{
    uint64_t *sum = context;
    ck_assert(page_present(*slot));
    *sum += address;
    return 0;
}

static int stop_at_second(void *context, uint64_t address, uint64_t *slot)
{
    (void)address, (void)slot;
    return ++*(int *)context == 2 ? -7 : 0;
}

START_TEST(visits)
{
    coop_paddr root = page_table_root_create();
    uint64_t sum = 0;
    int visited = 0;
    map(root, 0x1000);
    map(root, 0x40000000);
    map(root, 0x7f0000000000);
    ck_assert_int_eq(page_table_visit(root, 0, USER_END, count_page, &sum), 0);
    ck_assert_uint_eq(sum, 0x1000 + 0x40000000 + 0x7f0000000000);
    sum = 0;
    ck_assert_int_eq(page_table_visit(root, 0x2000, 0x40001000, count_page, &sum), 0);
    ck_assert_uint_eq(sum, 0x40000000);
    ck_assert_int_eq(page_table_visit(root, 0, USER_END, stop_at_second, &visited), -7);
}
END_TEST

/* Random areas, mapped here and there, unmapped in random order between their neighbours' bounds. */
START_TEST(no_frame_is_lost)
{
    enum { AREAS = 24 };
    static const uint64_t bases[] = {0x400000, 0x3fe00000, 0x7f0000000000, 0x7fffffc00000};
    uint32_t random = 1;
    for (unsigned round = 0; round < 60; round++) {
        coop_paddr root = page_table_root_create();
        size_t before = frames_apart_from_tables();
        struct {
            uint64_t start, end;
            bool gone;
        } areas[AREAS];
        for (unsigned i = 0; i < AREAS; i++) {
            random = random * 1664525 + 1013904223;
            areas[i].start = bases[i / 6] + (i % 6) * 0x60000ul;
            areas[i].end = areas[i].start + ((random >> 20) % 0x60 + 1) * FRAME_BYTES;
            areas[i].gone = false;
            for (uint64_t page = areas[i].start; page < areas[i].end; page += FRAME_BYTES * (1 + (random >> 8) % 7))
                map(root, page);
        }
        for (unsigned n = 0; n < AREAS; n++) {
            random = random * 1664525 + 1013904223;
            unsigned i = (random >> 16) % AREAS;
            while (areas[i].gone)
                i = (i + 1) % AREAS;
            uint64_t floor = 0, ceiling = USER_END;
            for (unsigned other = 0; other < AREAS; other++) {
                if (areas[other].gone)
                    continue;
                if (other < i)
                    floor = areas[other].end;
                if (other > i && ceiling == USER_END)
                    ceiling = areas[other].start;
            }
            clear(root, areas[i].start, areas[i].end, floor, ceiling);
            areas[i].gone = true;
            for (unsigned other = 0; other < AREAS; other++)
                if (!areas[other].gone)
                    ck_assert(page_present(*page_table_find(root, areas[other].start)));
        }
        ck_assert_uint_eq(tables_below(root, 4), 0);
        ck_assert_uint_eq(frames_apart_from_tables(), before);
        page_table_root_destroy(root);
    }
}
END_TEST

/* Kept tables are blank, whatever they were, and only so many are kept. */
START_TEST(many_tables_come_and_go)
{
    coop_paddr root = page_table_root_create();
    size_t before = frame_free_count();
    for (unsigned round = 0; round < 3; round++) {
        for (uint64_t i = 0; i < 100; i++)
            map(root, i << 30);
        for (uint64_t i = 0; i < 100; i++)
            ck_assert(!page_present(*page_table_find(root, (i << 30) + 0x1ff000)));
        ck_assert_uint_eq(clear(root, 0, USER_END, 0, USER_END), 100);
    }
    ck_assert_uint_eq(tables_below(root, 4), 0);
    ck_assert_uint_le(before - frame_free_count(), 3 * 32);
}
END_TEST

START_TEST(large_pages)
{
    uint64_t base = DIRECT_MAP_BASE + (1ul << 39);
    ck_assert(page_table_map_range(kernel_root, base, 0x1ff000, 0x402000, PAGE_KERNEL_RW, false));
    uint64_t *before = page_table_find(kernel_root, base);
    ck_assert_ptr_nonnull(before);
    ck_assert(page_table_map_range(kernel_root, base + (1ul << 38), 0, (1ul << 30) + 0x201000, PAGE_KERNEL_RW, true));
    /* find stops at large pages; the 4 KiB tail has a last-level slot. */
    ck_assert_ptr_null(page_table_find(kernel_root, base + (1ul << 38)));
    ck_assert_ptr_null(page_table_find(kernel_root, base + (1ul << 38) + (1ul << 30)));
    ck_assert_uint_eq(page_frame(*page_table_find(kernel_root, base + (1ul << 38) + (1ul << 30) + 0x200000)),
                      0x40200000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest_page_table");
    TCase *tcase = tcase_create("page tables");
    tcase_add_checked_fixture(tcase, start, stop);
    const TTest *const tests[] = {roots_share_the_kernels_half,
                                  find_makes_nothing,
                                  tables_go_when_nothing_else_needs_them,
                                  discarding_keeps_tables,
                                  first_and_last_page,
                                  memory_exhausted,
                                  visits,
                                  no_frame_is_lost,
                                  many_tables_come_and_go,
                                  large_pages};
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}

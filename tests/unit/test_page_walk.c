/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks over tables in an array: how many entries each combination of page sizes reads, in one dimension and in two,
 * with walk caches and without, and what comes of tables with holes.
 */
#include "page_walk.h"

#include "suite.h"

#include <string.h>

#define TABLES  16u
#define PRESENT 1ull
#define LARGE   0x80ull
#define GLOBAL  0x100ull

static uint64_t memory[TABLES][512]; /* table n stands at n << 12 */

static uint64_t memory_read(void *context, uint64_t machine)
{
    (void)context;
    ck_assert_uint_lt(machine, sizeof(memory));
    return memory[machine >> 12][machine >> 3 & 511];
}

/* Guest tables 1 (root) to 4, the second dimension's 5 to 8: identity for the first 2 MiB by 4 KiB pages, or by a large
 * one. */
static void make_tables(unsigned guest_leaf, unsigned nested_leaf)
{
    memset(memory, 0, sizeof(memory));
    for (unsigned level = 4; level > guest_leaf; level--)
        memory[5 - level][0] = (6 - level) << 12 | PRESENT;
    for (unsigned level = 4; level > nested_leaf; level--)
        memory[9 - level][0] = (10 - level) << 12 | PRESENT;
    for (unsigned i = 0; i < 512; i++) {
        if (guest_leaf == 1)
            memory[4][i] = i << 12 | PRESENT | (i == 9 ? GLOBAL : 0);
        if (nested_leaf == 1)
            memory[8][i] = i << 12 | PRESENT;
    }
    if (guest_leaf > 1)
        memory[5 - guest_leaf][0] = LARGE | PRESENT | 1 << 12; /* bit 12 of a large page is PAT */
    if (nested_leaf > 1)
        memory[9 - nested_leaf][0] = LARGE | PRESENT;
}

static const struct page_walk_roots one_dimension = {.guest = 0x1000, .is_paged = true, .has_global = true};
static const struct page_walk_roots two_dimensions = {
    .guest = 0x1000, .nested = 0x5000, .is_paged = true, .is_nested = true, .has_global = true, .asid = 3};

/* A full walk reads so many entries: (guest levels + 1) * (nested levels + 1) - 1. */
START_TEST(test_references)
{
    for (unsigned guest = 1; guest <= 3; guest++) {
        for (unsigned nested = 1; nested <= 3; nested++) {
            struct page_walk walk = {.read = memory_read};
            unsigned levels = 5 - guest, nested_levels = 5 - nested, smaller = guest < nested ? guest : nested;
            struct page_walk_result result;

            make_tables(guest, nested);
            result = page_walk(&walk, &one_dimension, 0x5678);
            ck_assert(result.is_present);
            ck_assert_uint_eq(result.machine, 0x5678);
            ck_assert_uint_eq(result.references, levels);
            ck_assert_uint_eq(result.nested_references, 0);
            ck_assert_uint_eq(result.shift, 12 + 9 * (guest - 1));
            result = page_walk(&walk, &two_dimensions, 0x5678);
            ck_assert(result.is_present);
            ck_assert_uint_eq(result.machine, 0x5678);
            ck_assert_uint_eq(result.references, (levels + 1) * (nested_levels + 1) - 1);
            ck_assert_uint_eq(result.nested_references, (levels + 1) * nested_levels);
            ck_assert_uint_eq(result.shift, 12 + 9 * (smaller - 1));
        }
    }
}
END_TEST

START_TEST(test_unpaged)
{
    struct page_walk_roots roots = {.guest = 0x1000};
    struct page_walk walk = {.read = memory_read};
    struct page_walk_result result;

    make_tables(1, 1);
    result = page_walk(&walk, &roots, 0x5678);
    ck_assert(result.is_present);
    ck_assert_uint_eq(result.machine, 0x5678);
    ck_assert_uint_eq(result.references, 0);
    roots.is_nested = true;
    roots.nested = 0x5000;
    result = page_walk(&walk, &roots, 0x5678);
    ck_assert(result.is_present);
    ck_assert_uint_eq(result.references, 4);
    ck_assert_uint_eq(result.shift, 12);
}
END_TEST

START_TEST(test_caches)
{
    struct page_walk walk = {.read = memory_read};

    make_tables(1, 1);
    ck_assert(tlb_create(&walk.cache, 8, 8));
    walk.cache.is_layered = true;
    ck_assert_uint_eq(page_walk(&walk, &one_dimension, 0x5000).references, 4);
    ck_assert_uint_eq(page_walk(&walk, &one_dimension, 0x6000).references, 1);   /* from the last table */
    ck_assert_uint_eq(page_walk(&walk, &one_dimension, 0x200000).references, 1); /* from the directory: nothing there */
    ck_assert_uint_eq(page_walk(&walk, &two_dimensions, 0x5000).references, 24); /* another tag */
    ck_assert_uint_eq(page_walk(&walk, &two_dimensions, 0x6000).references, 1 + 4);
    ck_assert(tlb_create(&walk.nested_cache, 8, 8));
    ck_assert_uint_eq(page_walk(&walk, &two_dimensions, 0x6000).references, 1 + 4);
    ck_assert_uint_eq(page_walk(&walk, &two_dimensions, 0x6000).references, 1);
    tlb_destroy(&walk.cache);
    tlb_destroy(&walk.nested_cache);
}
END_TEST

START_TEST(test_holes)
{
    struct page_walk walk = {.read = memory_read};
    struct page_walk_result result;

    make_tables(1, 1);
    ck_assert(page_walk(&walk, &one_dimension, 0x9000).is_global);
    ck_assert(!page_walk(&walk, &one_dimension, 0x8000).is_global);
    memory[4][6] = 0;
    result = page_walk(&walk, &one_dimension, 0x6000);
    ck_assert(!result.is_present);
    ck_assert_uint_eq(result.references, 4);
    memory[4][6] = 6 << 12 | PRESENT;
    memory[8][6] = 0; /* the page itself is missing in the second dimension */
    result = page_walk(&walk, &two_dimensions, 0x6000);
    ck_assert(!result.is_present);
    ck_assert_uint_eq(result.references, 24);
    memory[8][4] = 0; /* a table is */
    ck_assert(!page_walk(&walk, &two_dimensions, 0x7000).is_present);
    memory[1][0] = 0;
    ck_assert_uint_eq(page_walk(&walk, &one_dimension, 0x7000).references, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("page_walk");
    TCase *cases = tcase_create("page_walk");

    tcase_add_test(cases, test_references);
    tcase_add_test(cases, test_unpaged);
    tcase_add_test(cases, test_caches);
    tcase_add_test(cases, test_holes);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}

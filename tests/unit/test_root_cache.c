/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of roots that a guest changes between by itself: every listed root has exactly one reference, whatever the
 * order of loads and deaths, and one that dies is on no list.
 */
#include "mmu/root_cache.h"
#include "suite.h"
#include <string.h>

#define ROOTS 8

static struct root_cache cache;
static int references[ROOTS];
static bool is_root[ROOTS];

static unsigned at(coop_paddr root) { return (unsigned)(root >> 12) - 1; }
static coop_paddr name(unsigned number) { return (coop_paddr)(number + 1) << 12; }

static bool get(void *context, coop_paddr root)
{
    (void)context;
    if (root & 0xfff || at(root) >= ROOTS || !is_root[at(root)])
        return false;
    references[at(root)]++;
    return true;
}

static void put(void *context, coop_paddr root)
{
    (void)context;
    ck_assert_int_gt(references[at(root)], 0);
    references[at(root)]--;
}

static const struct root_cache_world world = {0, get, put};

static void set_up(void)
{
    memset(references, 0, sizeof(references));
    memset(is_root, true, sizeof(is_root));
    root_cache_init(&cache, 4);
}

/* What must be true after each step. */
static void check(coop_paddr current)
{
    coop_paddr list[ROOT_CACHE_MOST];
    unsigned count = root_cache_list(&cache, list);
    ck_assert_uint_le(count, cache.targets);
    for (unsigned i = 0; i < ROOTS; i++) {
        int listed = 0;
        for (unsigned j = 0; j < count; j++)
            listed += list[j] == name(i);
        ck_assert_int_eq(references[i], root_cache_holds(&cache, name(i)));
        ck_assert_int_eq(listed, cache.targets ? references[i] : 0);
        if (references[i])
            ck_assert(is_root[i]);
    }
    if (current != ROOT_CACHE_NONE)
        ck_assert(root_cache_holds(&cache, current));
}

/* What a CPU has that is told only of what changed. */
static coop_paddr known[ROOT_CACHE_MOST];
static unsigned known_count;

static void check_told(void)
{
    coop_paddr list[ROOT_CACHE_MOST];
    unsigned count = root_cache_list(&cache, list);
    for (unsigned i = 0; i < count; i++)
        if (cache.changed >> i & 1)
            known[i] = list[i];
    if (cache.changed == ROOT_CACHE_ALL)
        known_count = count;
    cache.changed = 0;
    ck_assert_uint_eq(known_count, count);
    for (unsigned i = 0; i < count; i++)
        ck_assert_uint_eq(known[i], list[i]);
}

START_TEST(test_first_come)
{
    for (unsigned i = 0; i < 4; i++)
        ck_assert(root_cache_load(&cache, &world, name(i)));
    check(name(3));
    cache.changed = 0;
    ck_assert(root_cache_load(&cache, &world, name(1)));
    ck_assert_uint_eq(cache.changed, 0);
    ck_assert(root_cache_load(&cache, &world, name(4)));
    ck_assert_uint_ne(cache.changed, 0);
    ck_assert_int_eq(references[0] + references[1] + references[2] + references[3], 3);
    ck_assert_int_eq(references[4], 1);
    ck_assert_uint_eq(cache.changed & (cache.changed - 1), 0); /* one entry is another */
    check(name(4));
}
END_TEST

START_TEST(test_no_root)
{
    root_cache_load(&cache, &world, name(0));
    is_root[1] = false;
    cache.changed = 0;
    ck_assert(!root_cache_load(&cache, &world, name(1)));
    ck_assert(!root_cache_load(&cache, &world, name(0) + 8));
    ck_assert(!root_cache_load(&cache, &world, ROOT_CACHE_NONE));
    ck_assert(!root_cache_load(&cache, &world, 0));
    ck_assert_uint_eq(cache.changed, 0);
    check(name(0));
}
END_TEST

/* A root that dies while it is listed leaves the list and has no reference; the one in use may not die. */
START_TEST(test_death)
{
    coop_paddr list[ROOT_CACHE_MOST];
    for (unsigned i = 0; i < 4; i++)
        root_cache_load(&cache, &world, name(i));
    cache.changed = 0;
    ck_assert(!root_cache_drop(&cache, &world, name(3), name(3)));
    ck_assert_int_eq(references[3], 1);
    ck_assert(root_cache_drop(&cache, &world, name(1), name(3)));
    ck_assert_uint_ne(cache.changed, 0);
    is_root[1] = false;
    check(name(3));
    ck_assert_uint_eq(root_cache_list(&cache, list), 3);
    ck_assert(root_cache_load(&cache, &world, name(5))); /* fills the hole: nobody else goes */
    ck_assert_int_eq(references[0] + references[2] + references[3], 3);
    ck_assert(root_cache_drop(&cache, &world, name(7), name(5))); /* not listed at all */
    check(name(5));
}
END_TEST

/* No list: one reference, to the root in use. */
START_TEST(test_no_targets)
{
    coop_paddr list[ROOT_CACHE_MOST];
    root_cache_init(&cache, 0);
    for (unsigned i = 0; i < ROOTS; i++) {
        ck_assert(root_cache_load(&cache, &world, name(i)));
        check(name(i));
        ck_assert_int_eq(references[i], 1);
        ck_assert_uint_eq(root_cache_list(&cache, list), 0);
    }
}
END_TEST

/* Every size against a long run of loads by hypercall, loads by the guest alone, births and deaths. */
START_TEST(test_long_run)
{
    for (unsigned targets = 0; targets <= ROOT_CACHE_MOST; targets++) {
        uint32_t random = 12345 + targets;
        coop_paddr current = ROOT_CACHE_NONE;
        set_up();
        root_cache_init(&cache, targets);
        memset(known, 0, sizeof(known));
        known_count = 0;
        for (unsigned step = 0; step < 3000; step++) {
            random = random * 1664525 + 1013904223;
            coop_paddr list[ROOT_CACHE_MOST], root = name(random >> 24 & (ROOTS - 1));
            unsigned count = root_cache_list(&cache, list);
            switch (random >> 16 & 3) {
            case 0:
            case 1:
                if (root_cache_load(&cache, &world, root))
                    current = root;
                break;
            case 2: /* MOV to CR3 that does not exit */
                if (count)
                    current = list[random % count];
                break;
            default:
                if (!is_root[at(root)])
                    is_root[at(root)] = true;
                else if (root_cache_drop(&cache, &world, root, current))
                    is_root[at(root)] = false;
                break;
            }
            check(current);
            check_told();
        }
    }
}
END_TEST

/* Two address spaces that take turns are soon all hits; more of them than entries are some. */
START_TEST(test_turns)
{
    for (unsigned processes = 2; processes <= ROOTS; processes++) {
        unsigned misses = 0;
        set_up();
        for (unsigned i = 0; i < 1000; i++) {
            misses += !root_cache_holds(&cache, name(i % processes));
            root_cache_load(&cache, &world, name(i % processes));
        }
        if (processes <= ROOT_CACHE_MOST)
            ck_assert_uint_eq(misses, processes);
        else
            ck_assert_uint_lt(misses, 900);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("root_cache");
    TCase *tests = tcase_create("roots");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, test_first_come);
    tcase_add_test(tests, test_no_root);
    tcase_add_test(tests, test_death);
    tcase_add_test(tests, test_no_targets);
    tcase_add_test(tests, test_long_run);
    tcase_add_test(tests, test_turns);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}

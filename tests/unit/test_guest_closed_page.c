/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages without permission: kept, copied, moved, opened, given up; each frame's references stay right.
 */
#include "memory/closed_page.h"
#include "memory/frame_internal.h"
#include "memory/heap.h"
#include "suite.h"
#include <stdlib.h>

#define ARENA_FRAMES 256ul
#define PAGES        10u
#define BASE         0x400000ul

static uint8_t *arena;
static struct closed_page *list;
static coop_paddr frames[PAGES];

static void start(void)
{
    const struct frame_extent_range range = {FRAME_BYTES, (ARENA_FRAMES - 1) * FRAME_BYTES};
    arena = aligned_alloc(FRAME_BYTES, ARENA_FRAMES * FRAME_BYTES);
    ck_assert(frame_start(&range, 1, arena, ~0ul));
    list = NULL;
    for (unsigned i = 0; i < PAGES; i++) {
        frames[i] = frame_allocate();
        ck_assert_int_eq(closed_page_keep(&list, BASE + i * FRAME_BYTES, frames[i]), 0);
    }
}

static void stop(void)
{
    free(arena);
}

START_TEST(dropped_by_range)
{
    size_t before = frame_free_count();
    ck_assert_uint_eq(closed_page_drop(&list, 0, BASE), 0);
    ck_assert_uint_eq(closed_page_drop(&list, BASE + 2 * FRAME_BYTES, BASE + 5 * FRAME_BYTES), 3);
    ck_assert_uint_eq(frame_free_count(), before + 3);
    ck_assert_uint_eq(closed_page_drop(&list, 0, ~0ul), PAGES - 3);
    ck_assert_ptr_null(list);
}
END_TEST

START_TEST(taken_one_by_one)
{
    unsigned taken = 0;
    struct closed_page *page;
    while ((page = closed_page_take(&list, BASE + FRAME_BYTES, BASE + 3 * FRAME_BYTES))) {
        ck_assert_uint_eq(page->frame, frames[(page->address - BASE) / FRAME_BYTES]);
        ck_assert_uint_eq(frame_references(page->frame), 1);
        heap_free(page);
        taken++;
    }
    ck_assert_uint_eq(taken, 2);
}
END_TEST

START_TEST(copies_share)
{
    struct closed_page *copy = NULL;
    ck_assert_int_eq(closed_page_clone(&copy, list), PAGES);
    for (unsigned i = 0; i < PAGES; i++)
        ck_assert_uint_eq(frame_references(frames[i]), 2);
    closed_page_drop(&list, 0, ~0ul);
    ck_assert_uint_eq(frame_references(frames[3]), 1);
    ck_assert_uint_eq(closed_page_drop(&copy, 0, ~0ul), PAGES);
}
END_TEST

START_TEST(a_copy_without_memory)
{
    struct closed_page *copy = NULL;
    while (frame_allocate())
        ;
    while (heap_allocate(sizeof(struct closed_page)))
        ;
    ck_assert_int_lt(closed_page_clone(&copy, list), 0);
    ck_assert_uint_eq(frame_references(frames[PAGES - 1]), 1);
    ck_assert_ptr_null(copy);
}
END_TEST

START_TEST(moved)
{
    closed_page_move(list, BASE, BASE + 2 * FRAME_BYTES, 0x10000000);
    ck_assert_uint_eq(closed_page_drop(&list, BASE, BASE + PAGES * FRAME_BYTES), PAGES - 2);
    ck_assert_uint_eq(closed_page_drop(&list, BASE + 0x10000000, BASE + 0x10002000), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest_closed_page");
    TCase *tcase = tcase_create("closed pages");
    tcase_add_checked_fixture(tcase, start, stop);
    tcase_add_test(tcase, dropped_by_range);
    tcase_add_test(tcase, taken_one_by_one);
    tcase_add_test(tcase, copies_share);
    tcase_add_test(tcase, a_copy_without_memory);
    tcase_add_test(tcase, moved);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}

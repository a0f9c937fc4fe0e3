/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's list of areas against a model: one byte of protection for each page of a small space.
 */
#include "fs/file.h"
#include "kernel/errno.h"
#include "memory/area.h"
#include "memory/heap.h"
#include "suite.h"
#include <stdlib.h>
#include <string.h>

#define PAGE  4096ul
#define PAGES 64u

static bool heap_empty;

void *heap_allocate(size_t bytes)
{
    return heap_empty ? 0 : calloc(1, bytes);
}
void heap_free(void *object)
{
    free(object);
}
void file_reference(struct file *file)
{
    file->references++;
}
void file_release(struct file *file)
{
    file->references--;
}

static struct area_list list;

static void start(void)
{
    memset(&list, 0, sizeof(list));
    heap_empty = false;
}

static void stop(void)
{
    while (list.first)
        area_remove(&list, list.first);
}

static int insert(uint64_t start_page, uint64_t pages, uint32_t protection, struct file *file, uint64_t index)
{
    struct area area = {.start = start_page * PAGE,
                        .end = (start_page + pages) * PAGE,
                        .protection = protection,
                        .file = file,
                        .page_index = index};
    return area_insert(&list, &area);
}

static unsigned count_areas(void)
{
    unsigned count = 0;
    const struct area *previous = 0;
    for (const struct area *area = list.first; area; area = area->next) {
        ck_assert_ptr_eq(area->previous, previous);
        ck_assert(area->start < area->end);
        if (previous)
            ck_assert(previous->end <= area->start);
        previous = area;
        count++;
    }
    ck_assert_ptr_eq(list.last, previous);
    return count;
}

START_TEST(look_up)
{
    ck_assert_ptr_null(area_find(&list, 0));
    insert(10, 2, AREA_READ, 0, 0);
    insert(20, 1, AREA_READ, 0, 0);
    ck_assert_ptr_null(area_find(&list, 10 * PAGE - 1));
    ck_assert_ptr_eq(area_find(&list, 10 * PAGE), list.first);
    ck_assert_ptr_eq(area_find(&list, 12 * PAGE - 1), list.first);
    ck_assert_ptr_null(area_find(&list, 12 * PAGE));
    ck_assert_ptr_eq(area_find_from(&list, 12 * PAGE), list.last);
    ck_assert_ptr_null(area_find_from(&list, 21 * PAGE));
    ck_assert(area_range_free(&list, 12 * PAGE, 20 * PAGE));
    ck_assert(!area_range_free(&list, 12 * PAGE, 21 * PAGE));
    ck_assert(!area_range_free(&list, 0, 11 * PAGE));
}
END_TEST

START_TEST(neighbours_join_only_where_they_continue)
{
    struct file file = {.references = 1}, other = {.references = 1};
    insert(10, 1, AREA_READ, 0, 0);
    insert(11, 1, AREA_READ, 0, 0);
    ck_assert_uint_eq(count_areas(), 1);
    insert(12, 1, AREA_READ | AREA_WRITE, 0, 0);
    ck_assert_uint_eq(count_areas(), 2);
    insert(9, 1, AREA_READ, 0, 0);
    ck_assert_uint_eq(count_areas(), 2);
    insert(20, 2, AREA_READ, &file, 5);
    insert(22, 2, AREA_READ, &file, 7);
    ck_assert_uint_eq(count_areas(), 3);
    insert(24, 2, AREA_READ, &file, 8);
    ck_assert_uint_eq(count_areas(), 4);
    insert(26, 2, AREA_READ, &other, 10);
    ck_assert_uint_eq(count_areas(), 5);
    stop();
    ck_assert_uint_eq(file.references, 1);
    ck_assert_uint_eq(other.references, 1);
}
END_TEST

START_TEST(a_hole_is_filled_into_one_area)
{
    insert(10, 2, AREA_READ, 0, 0);
    insert(14, 2, AREA_READ, 0, 0);
    insert(12, 2, AREA_READ, 0, 0);
    ck_assert_uint_eq(count_areas(), 1);
    ck_assert_uint_eq(list.first->start, 10 * PAGE);
    ck_assert_uint_eq(list.first->end, 16 * PAGE);
}
END_TEST

START_TEST(split_keeps_the_files_pages)
{
    struct file file = {.references = 1};
    insert(10, 4, AREA_READ, &file, 100);
    ck_assert_int_eq(area_split_at(&list, 12 * PAGE), 0);
    ck_assert_uint_eq(count_areas(), 2);
    ck_assert_uint_eq(list.last->page_index, 102);
    ck_assert_uint_eq(file.references, 3);
    ck_assert_int_eq(area_split_at(&list, 12 * PAGE), 0);
    ck_assert_int_eq(area_split_at(&list, 30 * PAGE), 0);
    ck_assert_uint_eq(count_areas(), 2);
    area_join(&list, list.first);
    ck_assert_uint_eq(count_areas(), 1);
    ck_assert_uint_eq(file.references, 2);
}
END_TEST

START_TEST(gaps_are_found_from_above)
{
    uint64_t low = 4 * PAGE, high = 40 * PAGE;
    ck_assert_uint_eq(area_find_gap(&list, PAGE, low, high), 39 * PAGE);
    insert(38, 2, AREA_READ, 0, 0);
    ck_assert_uint_eq(area_find_gap(&list, PAGE, low, high), 37 * PAGE);
    insert(30, 6, AREA_READ, 0, 0);
    ck_assert_uint_eq(area_find_gap(&list, 2 * PAGE, low, high), 36 * PAGE);
    ck_assert_uint_eq(area_find_gap(&list, 3 * PAGE, low, high), 27 * PAGE);
    insert(50, 3, AREA_READ, 0, 0);
    ck_assert_uint_eq(area_find_gap(&list, 2 * PAGE, low, high), 36 * PAGE);
    ck_assert_uint_eq(area_find_gap(&list, 26 * PAGE, low, high), low);
    ck_assert_uint_eq(area_find_gap(&list, 27 * PAGE, low, high), 0);
}
END_TEST

START_TEST(no_memory_changes_nothing)
{
    insert(10, 4, AREA_READ, 0, 0);
    heap_empty = true;
    ck_assert_int_eq(insert(20, 1, AREA_READ, 0, 0), -ENOMEM);
    ck_assert_int_eq(area_split_at(&list, 12 * PAGE), -ENOMEM);
    ck_assert_uint_eq(count_areas(), 1);
    ck_assert_uint_eq(list.first->end, 14 * PAGE);
}
END_TEST

/* Random inserts, removals and changes of protection, compared with the model after each. */
START_TEST(model)
{
    uint8_t pages[PAGES] = {0};
    uint32_t random = 12345;
    for (unsigned round = 0; round < 2000; round++) {
        random = random * 1664525 + 1013904223;
        uint64_t first = (random >> 8) % PAGES, length = 1 + (random >> 16) % 8, last = first + length;
        uint32_t protection = 1 + (random >> 28) % 7;
        if (last > PAGES)
            last = PAGES;
        uint64_t start_address = first * PAGE, end = last * PAGE;
        ck_assert_int_eq(area_split_at(&list, start_address), 0);
        ck_assert_int_eq(area_split_at(&list, end), 0);
        struct area *area = area_find_from(&list, start_address);
        if (random & 64) {
            while (area && area->start < end) {
                struct area *next = area->next;
                area_remove(&list, area);
                area = next;
            }
            ck_assert_int_eq(insert(first, last - first, protection, 0, 0), 0);
            memset(pages + first, (int)protection, last - first);
        } else {
            for (; area && area->start < end; area = area_find_from(&list, area->end)) {
                memset(pages + area->start / PAGE, (int)protection, (area->end - area->start) / PAGE);
                area->protection = protection;
            }
        }
        count_areas();
        for (uint64_t page = 0; page < PAGES; page++) {
            const struct area *found = area_find(&list, page * PAGE);
            ck_assert_uint_eq(found ? found->protection : 0, pages[page]);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest_area");
    TCase *tcase = tcase_create("areas");
    tcase_add_checked_fixture(tcase, start, stop);
    tcase_add_test(tcase, look_up);
    tcase_add_test(tcase, neighbours_join_only_where_they_continue);
    tcase_add_test(tcase, a_hole_is_filled_into_one_area);
    tcase_add_test(tcase, split_keeps_the_files_pages);
    tcase_add_test(tcase, gaps_are_found_from_above);
    tcase_add_test(tcase, no_memory_changes_nothing);
    tcase_add_test(tcase, model);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}

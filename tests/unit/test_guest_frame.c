/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's frame allocator and heap over a fake machine with two extents of memory.
 */
#include "memory/frame_internal.h"
#include "memory/heap.h"
#include "suite.h"
#include <stdlib.h>
#include <string.h>

#define ARENA_FRAMES 600u
#define SECOND_BASE  (300ul * FRAME_BYTES)

static uint8_t *arena;

static void start_machine(void)
{
    const struct frame_extent_range ranges[] = {{FRAME_BYTES, 99 * FRAME_BYTES}, {SECOND_BASE, 200 * FRAME_BYTES}};
    arena = aligned_alloc(FRAME_BYTES, ARENA_FRAMES * FRAME_BYTES);
    memset(arena, 0xa5, ARENA_FRAMES * FRAME_BYTES);
    ck_assert(frame_start(ranges, 2, arena, 1ul << 32));
}

static void stop_machine(void)
{
    free(arena);
}

START_TEST(frames_are_distinct_until_exhausted)
{
    static uint8_t seen[ARENA_FRAMES];
    size_t total = frame_total_count();
    ck_assert_uint_eq(total, 298); /* one of 299 holds the book-keeping */
    ck_assert_uint_eq(frame_free_count(), total);
    memset(seen, 0, sizeof(seen));
    for (size_t i = 0; i < total; i++) {
        coop_paddr frame = frame_allocate();
        ck_assert_uint_ne(frame, 0);
        ck_assert_uint_eq(frame % FRAME_BYTES, 0);
        ck_assert_uint_eq(seen[frame / FRAME_BYTES]++, 0);
    }
    ck_assert_uint_eq(frame_allocate(), 0);
    ck_assert_uint_eq(frame_free_count(), 0);
    for (size_t i = 0; i < ARENA_FRAMES; i++)
        if (seen[i])
            frame_release(i * FRAME_BYTES);
    ck_assert_uint_eq(frame_free_count(), total);
}
END_TEST

START_TEST(references_keep_a_frame)
{
    size_t before = frame_free_count();
    coop_paddr frame = frame_allocate_zeroed();
    const uint8_t *bytes = frame_address(frame);
    for (size_t i = 0; i < FRAME_BYTES; i++)
        ck_assert_uint_eq(bytes[i], 0);
    frame_reference(frame);
    ck_assert_uint_eq(frame_references(frame), 2);
    frame_release(frame);
    ck_assert_uint_eq(frame_references(frame), 1);
    ck_assert_uint_eq(frame_free_count(), before - 1);
    frame_release(frame);
    ck_assert_uint_eq(frame_free_count(), before);
}
END_TEST

START_TEST(freed_frames_come_first)
{
    coop_paddr first = frame_allocate(), second = frame_allocate();
    frame_release(first);
    ck_assert_uint_eq(frame_allocate(), first);
    frame_release(second);
    frame_release(first);
}
END_TEST

START_TEST(runs_are_contiguous_and_come_back)
{
    size_t before = frame_free_count();
    coop_paddr run = frame_run_allocate(7), next = frame_run_allocate(3);
    ck_assert_uint_ne(run, 0);
    ck_assert(next >= run + 7 * FRAME_BYTES || next + 3 * FRAME_BYTES <= run);
    memset(frame_address(run), 1, 7 * FRAME_BYTES);
    ck_assert_uint_eq(frame_run_release(run), 7);
    ck_assert_uint_eq(frame_run_release(next), 3);
    ck_assert_uint_eq(frame_free_count(), before);
    ck_assert_uint_eq(frame_run_allocate(0), 0);
    ck_assert_uint_eq(frame_run_allocate(100000), 0);
}
END_TEST

/* When nothing untouched is left, runs are found among freed frames. */
START_TEST(runs_from_freed_frames)
{
    static coop_paddr frames[ARENA_FRAMES];
    size_t count = 0;
    while ((frames[count] = frame_allocate()) != 0)
        count++;
    for (size_t i = 0; i < count; i++)
        if ((frames[i] / FRAME_BYTES) % 4)
            frame_release(frames[i]);
    coop_paddr run = frame_run_allocate(3);
    ck_assert_uint_ne(run, 0);
    ck_assert_uint_eq(frame_run_allocate(4), 0);
    ck_assert_uint_eq(frame_run_release(run), 3);
    coop_paddr frame;
    size_t taken = 0;
    while ((frame = frame_allocate()) != 0)
        taken++;
    ck_assert_uint_gt(taken, 200);
}
END_TEST

START_TEST(book_keeping_needs_room)
{
    const struct frame_extent_range tiny = {FRAME_BYTES, FRAME_BYTES};
    const struct frame_extent_range high = {SECOND_BASE, 10 * FRAME_BYTES};
    ck_assert(!frame_start(&tiny, 1, arena, 1ul << 32));
    ck_assert(!frame_start(&high, 1, arena, SECOND_BASE));
    ck_assert(!frame_start(0, 0, arena, 1ul << 32));
}
END_TEST

static bool all_zero(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i])
            return false;
    return true;
}

START_TEST(heap_gives_zeroed_aligned_objects_of_any_size)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 48, 100, 401, 1000, 1344, 2016, 2017, 4095, 4096, 4097, 50000};
    size_t used = heap_used_bytes();
    for (unsigned round = 0; round < 3; round++) {
        uint8_t *objects[16];
        for (size_t i = 0; i < 16; i++) {
            objects[i] = heap_allocate(sizes[i]);
            ck_assert_ptr_nonnull(objects[i]);
            ck_assert_uint_eq((uintptr_t)objects[i] % 16, 0);
            ck_assert(all_zero(objects[i], sizes[i]));
            memset(objects[i], 0xff, sizes[i]);
        }
        for (size_t i = 0; i < 16; i++)
            heap_free(objects[i]);
        ck_assert_uint_eq(heap_used_bytes(), used);
    }
    heap_free(0);
}
END_TEST

START_TEST(heap_objects_do_not_overlap)
{
    static uint8_t *objects[500];
    for (size_t i = 0; i < 500; i++) {
        objects[i] = heap_allocate(16 + i % 180);
        memset(objects[i], (int)(i & 0xff), 16 + i % 180);
    }
    for (size_t i = 0; i < 500; i++)
        for (size_t n = 0; n < 16 + i % 180; n++)
            ck_assert_uint_eq(objects[i][n], i & 0xff);
    for (size_t i = 0; i < 500; i += 2)
        heap_free(objects[i]);
    for (size_t i = 1; i < 500; i += 2)
        heap_free(objects[i]);
}
END_TEST

START_TEST(heap_gives_frames_back)
{
    static void *objects[8000];
    size_t before = frame_free_count(), count = 0;
    while (count < 8000 && (objects[count] = heap_allocate(200)) != 0)
        count++;
    ck_assert_uint_eq(frame_free_count(), 0);
    ck_assert_ptr_null(heap_allocate(200));
    ck_assert_ptr_null(heap_allocate(5000));
    while (count)
        heap_free(objects[--count]);
    ck_assert_uint_ge(frame_free_count() + 1, before);
}
END_TEST

static unsigned reserve_uses;

static void reserve_used(void)
{
    reserve_uses++;
}

START_TEST(reserve_is_the_kernels)
{
    size_t total = frame_free_count();
    frame_reserve_keep(20, reserve_used);
    ck_assert_uint_eq(frame_free_count(), total);
    ck_assert_uint_eq(frame_user_count(), total - 20);
    coop_paddr last = 0;
    for (coop_paddr frame; (frame = frame_allocate_user());)
        last = frame;
    ck_assert_uint_eq(frame_user_count(), 0);
    ck_assert_uint_eq(frame_free_count(), 20);
    ck_assert_uint_eq(frame_run_allocate(2), 0);
    ck_assert_uint_eq(reserve_uses, 0);
    coop_paddr kept = frame_allocate();
    ck_assert(kept != 0 && reserve_uses == 1 && frame_references(kept) == 1);
    ck_assert(!frame_reserve_fill());
    frame_release(last);
    ck_assert(frame_reserve_fill());
    frame_release(kept);
    frame_reserve_keep(0, 0);
    ck_assert_uint_eq(frame_user_count(), 21);
    while (frame_allocate())
        ;
    ck_assert_uint_eq(frame_free_count(), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest_frame");
    TCase *tcase = tcase_create("frames");
    tcase_add_checked_fixture(tcase, start_machine, stop_machine);
    tcase_add_test(tcase, frames_are_distinct_until_exhausted);
    tcase_add_test(tcase, references_keep_a_frame);
    tcase_add_test(tcase, freed_frames_come_first);
    tcase_add_test(tcase, runs_are_contiguous_and_come_back);
    tcase_add_test(tcase, runs_from_freed_frames);
    tcase_add_test(tcase, reserve_is_the_kernels);
    tcase_add_test(tcase, book_keeping_needs_room);
    tcase_add_test(tcase, heap_gives_zeroed_aligned_objects_of_any_size);
    tcase_add_test(tcase, heap_objects_do_not_overlap);
    tcase_add_test(tcase, heap_gives_frames_back);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}

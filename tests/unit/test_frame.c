/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory map and the frame allocator on fake physical memory, of which only the frame tables are touched: so also
 * on machines of 256 GiB.
 */
#include "machine/frame.h"
#include "machine/frame_start.h"
#include "machine/panic.h"
#include "suite.h"

#include <coopvirt/x86.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MIB (1ul << 20)
#define GIB (1ul << 30)

static struct memory_map map;
static void *base;
static uint64_t base_bytes;
static jmp_buf panicked;

/* The frame allocator's panics come back to the test. */
void panic(const char *format, ...)
{
    (void)format;
    longjmp(panicked, 1);
}

static void set_up(void)
{
    memset(&map, 0, sizeof(map));
}

static void tear_down(void)
{
    if (base)
        munmap(base, base_bytes);
    base = NULL;
}

/* Starts the allocator on the map so far. */
static void start(void)
{
    base_bytes = memory_map_top(&map);
    base = mmap(NULL, base_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ck_assert_ptr_ne(base, MAP_FAILED);
    frame_set_direct_map(base);
    ck_assert(frame_start(&map));
}

static void start_pc(uint64_t bytes)
{
    memory_map_add_usable(&map, 0, 0x9fc00);
    memory_map_add_usable(&map, MIB, (bytes < 3 * GIB ? bytes : 3 * GIB) - MIB);
    if (bytes > 3 * GIB)
        memory_map_add_usable(&map, 4 * GIB, bytes - 3 * GIB);
    memory_map_reserve(&map, 0, MIB);
    memory_map_reserve(&map, MIB, 5 * MIB); /* the image and modules */
    start();
}

START_TEST(map_takes_between_reservations)
{
    memory_map_add_usable(&map, 100, 16 * MIB);
    memory_map_reserve(&map, 5000, 1);
    memory_map_reserve(&map, 2 * MIB, MIB + 1);
    ck_assert_uint_eq(memory_map_take(&map, 4096, 4096, UINT64_MAX), 0x2000);
    ck_assert_uint_eq(memory_map_take(&map, 4096, 4096, UINT64_MAX), 0x3000);
    ck_assert_uint_eq(memory_map_take(&map, 2 * MIB, 4096, UINT64_MAX), 3 * MIB + 4096);
    ck_assert_uint_eq(memory_map_take(&map, 2 * MIB, 2 * MIB, UINT64_MAX), 6 * MIB);
    ck_assert_uint_eq(memory_map_take(&map, 9 * MIB, 4096, UINT64_MAX), UINT64_MAX);
}
END_TEST

START_TEST(map_respects_the_limit)
{
    memory_map_add_usable(&map, 4 * GIB, GIB);
    memory_map_add_usable(&map, MIB, MIB);
    ck_assert_uint_eq(memory_map_take(&map, MIB, 4096, 4 * GIB), MIB);
    ck_assert_uint_eq(memory_map_take(&map, 4096, 4096, 4 * GIB), UINT64_MAX);
    ck_assert_uint_eq(memory_map_take(&map, 4096, 4096, UINT64_MAX), 4 * GIB);
}
END_TEST

START_TEST(map_that_wraps)
{
    ck_assert(memory_map_add_usable(&map, UINT64_MAX - 100, 200));
    ck_assert(memory_map_reserve(&map, UINT64_MAX - 100, 200));
    ck_assert_uint_eq(memory_map_take(&map, 4096, 4096, UINT64_MAX), UINT64_MAX);
}
END_TEST

START_TEST(map_full)
{
    for (unsigned i = 0; i < MEMORY_MAP_RANGES; i++)
        ck_assert(memory_map_reserve(&map, i * 8192ul, 4096));
    ck_assert(!memory_map_reserve(&map, 1ul << 40, 4096));
}
END_TEST

START_TEST(owners_after_start)
{
    start_pc(GIB);
    ck_assert_uint_eq(frame_owner_of(0), FRAME_OWNER_RESERVED);
    ck_assert_uint_eq(frame_owner_of(2 * MIB), FRAME_OWNER_RESERVED);
    ck_assert_uint_eq(frame_owner_of(512 * MIB), FRAME_OWNER_NOBODY);
    ck_assert_uint_eq(frame_owner_of(GIB), FRAME_OWNER_RESERVED);
    ck_assert_uint_eq(frame_owner_of(UINT64_MAX), FRAME_OWNER_RESERVED);
    ck_assert_uint_gt(frame_count_of(FRAME_OWNER_NOBODY), (GIB - 8 * MIB) / 4096);
}
END_TEST

START_TEST(single_frames_and_back)
{
    start_pc(64 * MIB);
    size_t before = frame_count_of(FRAME_OWNER_NOBODY);
    coop_paddr *got = calloc(before, sizeof(*got));

    for (size_t i = 0; i < before; i++) {
        got[i] = frame_allocate(1, 4096, FRAME_OWNER_VM_FIRST + 3);
        ck_assert_uint_ne(got[i], FRAME_NONE);
        ck_assert(!i || got[i] > got[i - 1]);
    }
    ck_assert_uint_eq(frame_allocate(1, 4096, FRAME_OWNER_HYPERVISOR), FRAME_NONE);
    ck_assert_uint_eq(frame_count_of(FRAME_OWNER_VM_FIRST + 3), before);
    ck_assert_uint_eq(frame_count_of(FRAME_OWNER_NOBODY), 0);
    frame_free(got[before / 2], 1, FRAME_OWNER_VM_FIRST + 3);
    ck_assert_uint_eq(frame_allocate(1, 4096, FRAME_OWNER_VM_FIRST + 3), got[before / 2]);
    for (size_t i = 0; i < before; i++)
        frame_free(got[i], 1, FRAME_OWNER_VM_FIRST + 3);
    ck_assert_uint_eq(frame_count_of(FRAME_OWNER_NOBODY), before);
    free(got);
}
END_TEST

START_TEST(a_frame_by_address)
{
    start_pc(64 * MIB);
    coop_paddr frame = frame_allocate(1, 4096, 16);
    ck_assert(!frame_allocate_at(frame, 17));
    ck_assert_uint_eq(frame_owner_of(frame), 16);
    frame_free(frame, 1, 16);
    ck_assert(frame_allocate_at(frame, 17));
    ck_assert_uint_eq(frame_owner_of(frame), 17);
    ck_assert_uint_eq(frame_count_of(17), 1);
    ck_assert(!frame_allocate_at(0, 17));
    ck_assert(!frame_allocate_at(64 * MIB, 17));
    ck_assert(!frame_allocate_at(~0xffful, 17));
    ck_assert_uint_ne(frame_allocate(1, 4096, 16), frame);
}
END_TEST

START_TEST(a_frame_behind)
{
    start_pc(64 * MIB);
    coop_paddr low = frame_allocate(1, 4096, FRAME_OWNER_HYPERVISOR);
    memset(frame_address(60 * MIB), 0xff, 4096);
    ck_assert_uint_eq(frame_allocate_behind(60 * MIB, FRAME_OWNER_VM_FIRST), 60 * MIB);
    ck_assert_int_eq(*(char *)frame_address(60 * MIB), 0);
    ck_assert_uint_eq(frame_owner_of(60 * MIB), FRAME_OWNER_VM_FIRST);
    ck_assert_uint_eq(frame_allocate_behind(60 * MIB, FRAME_OWNER_VM_FIRST), 60 * MIB + 4096);
    ck_assert(frame_allocate_at(61 * MIB, FRAME_OWNER_VM_FIRST));
    ck_assert_uint_eq(frame_allocate_behind(61 * MIB, FRAME_OWNER_VM_FIRST), 61 * MIB + 4096);
    frame_free(low, 1, FRAME_OWNER_HYPERVISOR);
    ck_assert_uint_eq(frame_allocate_behind(64 * MIB, FRAME_OWNER_VM_FIRST), low);
    ck_assert_uint_gt(frame_allocate_behind(4 * GIB, FRAME_OWNER_VM_FIRST), low);
}
END_TEST

START_TEST(zeroed_frames_are_zero)
{
    static const uint8_t zeros[4096];

    start_pc(64 * MIB);
    coop_paddr frame = frame_allocate(1, 4096, FRAME_OWNER_HYPERVISOR);
    memset(frame_address(frame), 0xa5, 4096);
    frame_free(frame, 1, FRAME_OWNER_HYPERVISOR);
    ck_assert_uint_eq(frame_allocate_zeroed(FRAME_OWNER_HYPERVISOR), frame);
    ck_assert_mem_eq(frame_address(frame), zeros, 4096);
    ck_assert_uint_eq(frame_of_address(frame_address(frame)), frame);
}
END_TEST

START_TEST(aligned_runs)
{
    start_pc(8 * GIB);
    for (unsigned i = 0; i < 100; i++)
        frame_allocate(1, 4096, FRAME_OWNER_HYPERVISOR);
    ck_assert_uint_eq(frame_allocate(GIB / 4096, GIB, FRAME_OWNER_VM_FIRST), GIB);
    ck_assert_uint_eq(frame_allocate(512, 2 * MIB, FRAME_OWNER_VM_FIRST) % (2 * MIB), 0);
    ck_assert_uint_eq(frame_allocate(3 * GIB / 4096, GIB, FRAME_OWNER_VM_FIRST), 4 * GIB);
    /* a run may lie across sections, but not across the hole of the devices */
    ck_assert_uint_eq(frame_allocate(2 * GIB / 4096, 4096, FRAME_OWNER_VM_FIRST), 7 * GIB);
    ck_assert_uint_eq(frame_allocate(GIB / 4096, GIB, FRAME_OWNER_VM_FIRST), 2 * GIB);
    ck_assert_uint_eq(frame_allocate(GIB / 4096, GIB, FRAME_OWNER_VM_FIRST), FRAME_NONE);
}
END_TEST

START_TEST(run_around_used_frames)
{
    start_pc(64 * MIB);
    coop_paddr first = frame_allocate(1, 4096, FRAME_OWNER_HYPERVISOR);
    coop_paddr second = frame_allocate(1, 4096, FRAME_OWNER_HYPERVISOR);
    coop_paddr third = frame_allocate(1, 4096, FRAME_OWNER_HYPERVISOR);

    frame_free(first, 1, FRAME_OWNER_HYPERVISOR);
    ck_assert_uint_eq(frame_allocate(2, 4096, FRAME_OWNER_HYPERVISOR), third + 4096);
    frame_free(second, 1, FRAME_OWNER_HYPERVISOR);
    ck_assert_uint_eq(frame_allocate(2, 4096, FRAME_OWNER_HYPERVISOR), first);
}
END_TEST

static bool panics_when_freed(coop_paddr frame, size_t count, frame_owner owner)
{
    if (setjmp(panicked))
        return true;
    frame_free(frame, count, owner);
    return false;
}

START_TEST(wrong_frees_panic)
{
    start_pc(64 * MIB);
    coop_paddr frame = frame_allocate(2, 4096, FRAME_OWNER_HYPERVISOR);

    ck_assert(panics_when_freed(frame, 1, FRAME_OWNER_VM_FIRST));
    ck_assert(panics_when_freed(frame, 1, FRAME_OWNER_NOBODY));
    ck_assert(panics_when_freed(0, 1, FRAME_OWNER_HYPERVISOR));
    ck_assert(panics_when_freed(1ul << 50, 1, FRAME_OWNER_HYPERVISOR));
    ck_assert(!panics_when_freed(frame, 2, FRAME_OWNER_HYPERVISOR));
    ck_assert(panics_when_freed(frame, 1, FRAME_OWNER_HYPERVISOR));
}
END_TEST

START_TEST(a_256_gib_machine)
{
    start_pc(256 * GIB);
    size_t before = frame_count_of(FRAME_OWNER_NOBODY);
    ck_assert_uint_gt(before, 255 * GIB / 4096);
    /* the tables are two bytes a frame and a little */
    ck_assert_uint_gt(before, (256 * GIB - 130 * MIB - 8 * MIB) / 4096 - 1024);

    coop_paddr large = frame_allocate(128 * GIB / 4096, GIB, FRAME_OWNER_VM_FIRST);
    ck_assert_uint_eq(large, 4 * GIB);
    for (unsigned i = 0; i < 100000; i++)
        ck_assert_uint_ne(frame_allocate(1, 4096, FRAME_OWNER_HYPERVISOR), FRAME_NONE);
    for (unsigned i = 0; i < 1000; i++)
        ck_assert_uint_ne(frame_allocate(512, 2 * MIB, FRAME_OWNER_HYPERVISOR), FRAME_NONE);
    frame_free(large, 128 * GIB / 4096, FRAME_OWNER_VM_FIRST);
    ck_assert_uint_eq(before - frame_count_of(FRAME_OWNER_NOBODY), 100000 + 512000);
}
END_TEST

START_TEST(memory_with_a_large_hole)
{
    memory_map_add_usable(&map, MIB, 255 * MIB);
    memory_map_add_usable(&map, 1024 * GIB, 256 * MIB);
    start();
    ck_assert_uint_gt(frame_count_of(FRAME_OWNER_NOBODY), 508 * MIB / 4096);
    coop_paddr first = frame_allocate(200 * MIB / 4096, 2 * MIB, FRAME_OWNER_HYPERVISOR);
    ck_assert_uint_lt(first, 256 * MIB);
    ck_assert_uint_eq(frame_allocate(200 * MIB / 4096, 2 * MIB, FRAME_OWNER_HYPERVISOR), 1024 * GIB);
    ck_assert_uint_eq(frame_owner_of(500 * GIB), FRAME_OWNER_RESERVED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("frame");
    TCase *cases = tcase_create("frames");
    const TTest *const tests[] = {
        map_takes_between_reservations,
        map_respects_the_limit,
        map_that_wraps,
        map_full,
        owners_after_start,
        single_frames_and_back,
        a_frame_by_address,
        a_frame_behind,
        zeroed_frames_are_zero,
        aligned_runs,
        run_around_used_frames,
        wrong_frees_panic,
        a_256_gib_machine,
        memory_with_a_large_hole,
    };

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_set_timeout(cases, 60);
    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_test(cases, tests[i]);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}

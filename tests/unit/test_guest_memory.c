/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checked accessor: ranges, borders, overflow, read-only memory.
 */
#include "mmu/guest_memory.h"
#include "suite.h"
#include <errno.h>
#include <string.h>

static char backing[0x3000];

static void *fake_address(coop_paddr machine) { return backing + machine; }

static struct guest_memory memory;

static void set_up(void)
{
    memset(backing, 0, sizeof(backing));
    memset(&memory, 0, sizeof(memory));
    memory.address = fake_address;
    /* Out of order, with machine order unlike guest order; the last is read-only. */
    ck_assert_int_eq(guest_memory_add(&memory, &(struct guest_memory_range){0x1000, 0x1000, 0, true}), 0);
    ck_assert_int_eq(guest_memory_add(&memory, &(struct guest_memory_range){0, 0x1000, 0x1000, true}), 0);
    ck_assert_int_eq(guest_memory_add(&memory, &(struct guest_memory_range){0x5000, 0x1000, 0x2000, false}), 0);
}

START_TEST(test_copies_across_ranges)
{
    char out[8];
    ck_assert(guest_memory_write(&memory, 0xffc, "abcdefgh", 8));
    ck_assert_mem_eq(backing + 0x1ffc, "abcd", 4);
    ck_assert_mem_eq(backing, "efgh", 4);
    ck_assert(guest_memory_read(&memory, 0xffc, out, 8));
    ck_assert_mem_eq(out, "abcdefgh", 8);
    ck_assert_ptr_null(guest_memory_pointer(&memory, 0xffc, 8, false));
    ck_assert_ptr_eq(guest_memory_pointer(&memory, 0x1000, 0x1000, true), backing);
}
END_TEST

START_TEST(test_refuses_holes_and_overflow)
{
    char out[16];
    ck_assert(!guest_memory_write(&memory, 0x1ff9, "abcdefgh", 8));
    ck_assert_int_eq(backing[0xfff], 0); /* nothing written in part */
    ck_assert(!guest_memory_read(&memory, 0x2000, out, 1));
    ck_assert(!guest_memory_read(&memory, UINT64_MAX, out, 2));
    ck_assert(!guest_memory_read(&memory, 0x1000, out, UINT64_MAX));
    ck_assert_ptr_null(guest_memory_pointer(&memory, 0x1000, UINT64_MAX, false));
    ck_assert(guest_memory_read(&memory, 0x5fff, out, 1));
    ck_assert(!guest_memory_write(&memory, 0x5000, "x", 1));
    ck_assert_ptr_null(guest_memory_pointer(&memory, 0x5000, 1, true));
}
END_TEST

START_TEST(test_add_refuses)
{
    ck_assert_int_eq(guest_memory_add(&memory, &(struct guest_memory_range){0x1800, 0x1000, 0, true}), -EINVAL);
    ck_assert_int_eq(guest_memory_add(&memory, &(struct guest_memory_range){0x4fff, 2, 0, true}), -EINVAL);
    ck_assert_int_eq(guest_memory_add(&memory, &(struct guest_memory_range){UINT64_MAX, 2, 0, true}), -EINVAL);
    ck_assert_int_eq(guest_memory_add(&memory, &(struct guest_memory_range){0x8000, 0, 0, true}), -EINVAL);
    for (unsigned i = 3; i < GUEST_MEMORY_RANGES; i++)
        ck_assert_int_eq(guest_memory_add(&memory, &(struct guest_memory_range){0x10000 + i, 1, 0, true}), 0);
    ck_assert_int_eq(guest_memory_add(&memory, &(struct guest_memory_range){0x90000, 1, 0, true}), -ENOSPC);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest_memory");
    TCase *tests = tcase_create("accessor");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, test_copies_across_ranges);
    tcase_add_test(tests, test_refuses_holes_and_overflow);
    tcase_add_test(tests, test_add_refuses);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}

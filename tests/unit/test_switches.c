/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Switches of the hypervisor's command line: defaults, bounds, what is no number, and the rows of the record.
 */
#include "core/switches.h"
#include "suite.h"
#include <string.h>

static struct switches switches;
static char why[128];

static int from(const char *words)
{
    why[0] = 0;
    return switches_read(words, &switches, why, sizeof(why));
}

START_TEST(defaults)
{
    ck_assert_int_eq(from("mode=coop mem=64"), 0);
    ck_assert_uint_eq(switches.trace, 0);
    ck_assert_uint_eq(switches.batch_limit, 2048);
    ck_assert_uint_eq(switches.cr3cache, 4);
    ck_assert_uint_eq(switches.extents, 1);
    ck_assert_uint_eq(switches.cluster, 0);
    ck_assert_uint_eq(switches.unsync, 1);
    ck_assert_uint_eq(switches.eoi, 1);
    ck_assert_uint_eq(switches.clock, 1);
    ck_assert_uint_eq(switches.poll, 0);
    ck_assert_uint_eq(switches.touched, 0);
}
END_TEST

START_TEST(values)
{
    ck_assert_int_eq(from("eoi=0 clock=0 poll=5000 batch_limit=1 cr3cache=0 extents=16 cluster=64 unsync=0"), 0);
    ck_assert_uint_eq(switches.eoi, 0);
    ck_assert_uint_eq(switches.clock, 0);
    ck_assert_uint_eq(switches.poll, 5000);
    ck_assert_uint_eq(switches.batch_limit, 1);
    ck_assert_uint_eq(switches.cr3cache, 0);
    ck_assert_uint_eq(switches.extents, 16);
    ck_assert_uint_eq(switches.cluster, 64);
    ck_assert_uint_eq(switches.unsync, 0);
}
END_TEST

START_TEST(a_trace_is_a_power_of_two)
{
    ck_assert_int_eq(from("trace=1"), 0);
    ck_assert_uint_eq(switches.trace, 16);
    ck_assert_int_eq(from("trace=17"), 0);
    ck_assert_uint_eq(switches.trace, 32);
    ck_assert_int_eq(from("trace=1048576"), 0);
    ck_assert_uint_eq(switches.trace, 1048576);
}
END_TEST

START_TEST(refusals)
{
    ck_assert_int_ne(from("eoi=2"), 0);
    ck_assert_str_eq(why, "eoi=2: 0 or 1");
    ck_assert_int_ne(from("clock=yes"), 0);
    ck_assert_str_eq(why, "clock=yes: that is no number");
    ck_assert_int_ne(from("batch_limit=0"), 0);
    ck_assert_str_eq(why, "batch_limit=0: a hypercall carries out 1 to 2048 operations");
    ck_assert_int_ne(from("extents=17"), 0);
    ck_assert_int_ne(from("poll=4294967296"), 0);
    ck_assert_int_ne(from("trace=1048577"), 0);
}
END_TEST

START_TEST(every_switch_has_a_row)
{
    uint32_t value;
    unsigned rows = 0;
    ck_assert_int_eq(from("poll=77"), 0);
    for (const char *word; (word = switches_row(&switches, rows, &value)); rows++)
        if (!strcmp(word, "poll"))
            ck_assert_uint_eq(value, 77);
    ck_assert_uint_eq(rows * sizeof(uint32_t), sizeof(switches));
}
END_TEST

static Suite *switches_suite(void)
{
    Suite *suite = suite_create("switches");
    TCase *tests = tcase_create("switches");
    tcase_add_test(tests, defaults);
    tcase_add_test(tests, values);
    tcase_add_test(tests, a_trace_is_a_power_of_two);
    tcase_add_test(tests, refusals);
    tcase_add_test(tests, every_switch_has_a_row);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return suite_main(switches_suite());
}

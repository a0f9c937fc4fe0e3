/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a visit goes on: exits that follow closely, those that do not, and what is learnt from a try.
 */
#include "core/cluster.h"
#include "suite.h"

#include <string.h>

#define MOST 16

static struct cluster cluster;
static uint64_t guest;

static void setup(void)
{
    memset(&cluster, 0, sizeof(cluster));
    guest = 1000000;
}

/* An exit at RIP, `gap` guest time after the last. */
static unsigned exit_at(uint64_t rip, uint64_t gap)
{
    guest += gap;
    return cluster_expects(&cluster, rip, guest, MOST);
}

START_TEST(test_close_exits_are_expected)
{
    ck_assert(!exit_at(0x1000, 5000));
    ck_assert(!exit_at(0x2002, 100)); /* 0x1000 was followed closely */
    ck_assert(exit_at(0x1000, 5000));
}
END_TEST

START_TEST(test_distant_exits_are_not)
{
    for (unsigned i = 0; i < 50; i++)
        ck_assert(!exit_at(0x1000, 5000));
    /* And it takes as long to believe in the contrary, within limits. */
    unsigned close = 0;
    while (!exit_at(0x1000, 50))
        close++;
    ck_assert_uint_gt(close, 3);
    ck_assert_uint_lt(close, 20);
}
END_TEST

START_TEST(test_failed_tries_end)
{
    for (unsigned i = 0; i < 4; i++)
        exit_at(0x1000, 50);
    unsigned tries = 0;
    while (exit_at(0x1000, 5000) && tries < 50) {
        cluster_learn(&cluster, MOST, 0, 0);
        tries++;
    }
    ck_assert_uint_eq(tries, 1);
    unsigned close = 0;
    while (!exit_at(0x1000, 50))
        close++;
    ck_assert_uint_ge(close, 90); /* the next has to wait */
    ck_assert_uint_eq(cluster.visits, tries);
    ck_assert_uint_eq(cluster.emulated, tries * MOST);
    ck_assert_uint_eq(cluster.saved, 0);
}
END_TEST

START_TEST(test_successful_tries_go_on)
{
    for (unsigned i = 0; i < 4; i++)
        exit_at(0x1000, 50);
    for (unsigned i = 0; i < 100; i++) {
        ck_assert(exit_at(0x1000, 5000)); /* the gap behind a visit is not the instruction's */
        cluster_learn(&cluster, 8, 3, 7);
    }
    ck_assert_uint_eq(cluster.saved, 300);
}
END_TEST

START_TEST(test_a_visit_ends_at_what_it_saves)
{
    for (unsigned i = 0; i < 4; i++)
        exit_at(0x1000, 50);
    ck_assert_uint_eq(exit_at(0x1000, 5000), MOST);
    cluster_learn(&cluster, MOST, 2, 5);
    ck_assert_uint_eq(exit_at(0x1000, 5000), 5);
    cluster_learn(&cluster, 5, 0, 0); /* it went another way this time */
    ck_assert_uint_eq(exit_at(0x1000, 5000), MOST);
}
END_TEST

/* Visits of which one in `every` saves an exit, until the site is given up or a hundred are over. */
static unsigned visits_with_one_good_in(unsigned every, unsigned reach)
{
    for (unsigned i = 0; i < 4; i++)
        exit_at(0x1000, 50);
    unsigned visits = 0;
    for (; visits < 100 && exit_at(0x1000, 5000); visits++) {
        bool is_good = visits % every == 0;
        cluster_learn(&cluster, MOST, is_good ? 1 : 0, is_good ? reach : 0);
    }
    return visits;
}

START_TEST(test_one_good_visit_in_eight_is_enough)
{
    ck_assert_uint_eq(visits_with_one_good_in(8, 5), 100);
}
END_TEST

START_TEST(test_one_good_visit_in_nine_is_not)
{
    ck_assert_uint_eq(visits_with_one_good_in(9, 5), 9);
    ck_assert(!exit_at(0x1000, 50));
}
END_TEST

START_TEST(test_a_long_reach_is_no_failure)
{
    ck_assert_uint_eq(visits_with_one_good_in(1, MOST), 100);
    ck_assert_uint_eq(cluster.saved, 100);
    setup();
    ck_assert_uint_eq(visits_with_one_good_in(8, MOST), 100);
}
END_TEST

START_TEST(test_another_rip_in_the_same_place_starts_anew)
{
    exit_at(0x1000, 50);
    exit_at(0x1000, 50);
    ck_assert(exit_at(0x1000, 50));
    uint64_t other = 0x1000;
    do
        other += 0x40;
    while (((other ^ other >> 6) ^ (0x1000 ^ 0x1000 >> 6)) % CLUSTER_SITES);
    ck_assert(!exit_at(other, 50));
    ck_assert(!exit_at(0x1000, 50));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cluster");
    TCase *tests = tcase_create("sites");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, test_close_exits_are_expected);
    tcase_add_test(tests, test_distant_exits_are_not);
    tcase_add_test(tests, test_failed_tries_end);
    tcase_add_test(tests, test_successful_tries_go_on);
    tcase_add_test(tests, test_a_visit_ends_at_what_it_saves);
    tcase_add_test(tests, test_one_good_visit_in_eight_is_enough);
    tcase_add_test(tests, test_one_good_visit_in_nine_is_not);
    tcase_add_test(tests, test_a_long_reach_is_no_failure);
    tcase_add_test(tests, test_another_rip_in_the_same_place_starts_anew);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}

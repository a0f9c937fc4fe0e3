/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a visit goes on: exits that follow closely, those that do not, and what is learnt from a try.
 */
#include "core/cluster.h"
#include "suite.h"

#include <string.h>

#define MOST 16
#define WAY  70 /* what the way in and out takes */
#define FAR  5000

static struct cluster cluster;
static uint64_t guest;

/* An exit at RIP, `gap` guest time after the last. */
static unsigned exit_at(uint64_t rip, uint64_t gap)
{
    guest += gap;
    return cluster_expects(&cluster, rip, guest, true, MOST);
}

static void setup(void)
{
    memset(&cluster, 0, sizeof(cluster));
    guest = 1000000;
    exit_at(0x9000, FAR);
    exit_at(0x9000, WAY);
    exit_at(0x9000, FAR);
}

static void make_close(uint64_t rip)
{
    for (unsigned i = 0; i < 4; i++)
        exit_at(rip, WAY + 4);
}

/* Exits at which a site that was given up is not tried. */
static unsigned exits_until_next_try(uint64_t rip)
{
    unsigned exits = 0;
    while (!exit_at(rip, WAY + 4) && exits < 10000)
        exits++;
    return exits;
}

START_TEST(test_close_exits_are_expected)
{
    ck_assert(!exit_at(0x1000, FAR));
    ck_assert(!exit_at(0x2002, WAY + MOST)); /* 0x1000 was followed closely */
    ck_assert(exit_at(0x1000, FAR));
}
END_TEST

START_TEST(test_distant_exits_are_not)
{
    for (unsigned i = 0; i < 50; i++)
        ck_assert(!exit_at(0x1000, 2 * WAY + MOST));
    /* And it takes as long to believe in the contrary, within limits. */
    unsigned close = exits_until_next_try(0x1000);
    ck_assert_uint_gt(close, 3);
    ck_assert_uint_lt(close, 20);
}
END_TEST

START_TEST(test_a_slower_way_is_learnt)
{
    for (unsigned i = 0; i < 40; i++)
        exit_at(0x1000, 1500);
    ck_assert(!exit_at(0x1000, 1500));
    for (unsigned i = 0; i < 20000; i++) /* what was a short way is none any more */
        exit_at(0x1000, 1500 + i % 2 * 3);
    ck_assert(exit_at(0x1000, 1500));
    ck_assert(exit_at(0x1000, FAR));
}
END_TEST

START_TEST(test_what_is_not_carried_out_is_no_reason)
{
    for (unsigned i = 0; i < 50; i++) {
        ck_assert(!exit_at(0x1000, FAR));
        guest += WAY;
        ck_assert(!cluster_expects(&cluster, 0x2000, guest, false, MOST));
    }
}
END_TEST

START_TEST(test_failed_tries_end)
{
    make_close(0x1000);
    unsigned tries = 0;
    while (exit_at(0x1000, FAR) && tries < 50) {
        cluster_learn(&cluster, MOST, 0, 0);
        tries++;
    }
    ck_assert_uint_eq(tries, 1);
    ck_assert_uint_eq(cluster.visits, tries);
    ck_assert_uint_eq(cluster.emulated, tries * MOST);
    ck_assert_uint_eq(cluster.saved, 0);
}
END_TEST

START_TEST(test_each_failure_counts_twice_the_last)
{
    static const unsigned waits[] = {100, 200, 400, 800, 1600, 1600};
    make_close(0x1000);
    ck_assert(exit_at(0x1000, WAY));
    for (unsigned i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
        cluster_learn(&cluster, MOST, 0, 0);
        unsigned exits = exits_until_next_try(0x1000);
        ck_assert_uint_ge(exits, waits[i]);
        ck_assert_uint_le(exits, waits[i] + 2);
    }
    cluster_learn(&cluster, 4, 1, 4);
    for (unsigned i = 0; i < 3 && exit_at(0x1000, WAY); i++)
        cluster_learn(&cluster, MOST, 0, 0);
    ck_assert_uint_ge(exits_until_next_try(0x1000), 1600); /* one saving is none to speak of */
    for (unsigned i = 0; i < 20; i++) {
        cluster_learn(&cluster, 4, 1, 4);
        ck_assert(exit_at(0x1000, WAY));
    }
    for (unsigned i = 0; i < 20 && exit_at(0x1000, WAY); i++)
        cluster_learn(&cluster, MOST, 0, 0);
    ck_assert_uint_le(exits_until_next_try(0x1000), 102); /* a site in full credit has a clean slate */
}
END_TEST

START_TEST(test_successful_tries_go_on)
{
    make_close(0x1000);
    for (unsigned i = 0; i < 100; i++) {
        ck_assert(exit_at(0x1000, FAR)); /* the gap behind a visit is not the instruction's */
        cluster_learn(&cluster, 8, 3, 7);
    }
    ck_assert_uint_eq(cluster.saved, 300);
}
END_TEST

/* Visits that save one exit by instruction `reach`, every so many of them: until the site is given up, or 100. */
static unsigned visits_with_one_good_in(unsigned every, unsigned reach)
{
    make_close(0x1000);
    unsigned visits = 0;
    for (; visits < 100 && exit_at(0x1000, FAR); visits++) {
        bool is_good = visits % every == 0;
        cluster_learn(&cluster, is_good ? reach : MOST, is_good ? 1 : 0, is_good ? reach : 0);
    }
    return visits;
}

START_TEST(test_a_saving_pays_for_sixteen_instructions)
{
    ck_assert_uint_eq(visits_with_one_good_in(1, 14), 100);
    setup();
    ck_assert_uint_eq(visits_with_one_good_in(1, 20), 2);
    setup();
    ck_assert_uint_lt(visits_with_one_good_in(2, 1), 12);
}
END_TEST

START_TEST(test_a_good_site_may_fail_for_a_while)
{
    make_close(0x1000);
    for (unsigned i = 0; i < 100; i++) {
        ck_assert(exit_at(0x1000, FAR));
        cluster_learn(&cluster, 1, 1, 1);
    }
    unsigned failures = 0;
    for (; failures < 100 && exit_at(0x1000, FAR); failures++)
        cluster_learn(&cluster, MOST, 0, 0);
    ck_assert_uint_ge(failures, 9);
    ck_assert_uint_le(failures, 11);
}
END_TEST

START_TEST(test_a_visit_ends_at_what_it_saves)
{
    make_close(0x1000);
    ck_assert_uint_eq(exit_at(0x1000, FAR), MOST);
    cluster_learn(&cluster, MOST, 2, 5); /* what is behind the fifth is not counted against it */
    ck_assert_uint_eq(exit_at(0x1000, FAR), 5);
    cluster_learn(&cluster, 3, 1, 3); /* the end of a run */
    ck_assert_uint_eq(exit_at(0x1000, FAR), 5);
    cluster_learn(&cluster, 5, 1, 3);
    ck_assert_uint_eq(exit_at(0x1000, FAR), 3);
    cluster_learn(&cluster, 3, 0, 0); /* it went another way this time, */
    ck_assert_uint_eq(exit_at(0x1000, FAR), 3);
    cluster_learn(&cluster, 3, 0, 0); /* and the next */
    ck_assert_uint_eq(exit_at(0x1000, FAR), MOST);
}
END_TEST

START_TEST(test_now_and_then_a_visit_looks_farther)
{
    unsigned farther = 0;
    make_close(0x1000);
    for (unsigned i = 0; i < 1280; i++) {
        unsigned worth = exit_at(0x1000, FAR);
        ck_assert(worth == 3 || worth == MOST);
        farther += worth == MOST;
        cluster_learn(&cluster, worth, 1, 3);
    }
    ck_assert_uint_ge(farther, 10);
    ck_assert_uint_le(farther, 12);
}
END_TEST

static uint64_t place_of(uint64_t rip)
{
    struct cluster empty = {0};
    cluster_expects(&empty, rip, FAR, true, MOST);
    return (uint64_t)(empty.last - empty.sites);
}

START_TEST(test_a_neighbour_does_not_make_it_forget)
{
    uint64_t other = 0x1000;
    make_close(0x1000);
    ck_assert(exit_at(0x1000, FAR));
    cluster_learn(&cluster, MOST, 0, 0);
    do
        other += 0x10;
    while (place_of(other) != place_of(0x1000));
    for (unsigned i = 0; i < 50; i++) {
        exit_at(other, FAR);
        ck_assert(!exit_at(0x1000, WAY)); /* given up, and stays so */
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cluster");
    TCase *tests = tcase_create("sites");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, test_close_exits_are_expected);
    tcase_add_test(tests, test_distant_exits_are_not);
    tcase_add_test(tests, test_a_slower_way_is_learnt);
    tcase_add_test(tests, test_what_is_not_carried_out_is_no_reason);
    tcase_add_test(tests, test_failed_tries_end);
    tcase_add_test(tests, test_each_failure_counts_twice_the_last);
    tcase_add_test(tests, test_successful_tries_go_on);
    tcase_add_test(tests, test_a_saving_pays_for_sixteen_instructions);
    tcase_add_test(tests, test_a_good_site_may_fail_for_a_while);
    tcase_add_test(tests, test_a_visit_ends_at_what_it_saves);
    tcase_add_test(tests, test_now_and_then_a_visit_looks_farther);
    tcase_add_test(tests, test_a_neighbour_does_not_make_it_forget);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}

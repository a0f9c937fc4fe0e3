/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INIT, start-up IPIs, NMIs and halts of a VCPU in all orders, held against what is counted and what is left to take.
 */
#include "core/life.h"
#include "suite.h"

static struct life life;
static uint32_t online;

static void set_up(void)
{
    life = (struct life){LIFE_WAITING, false, false, 0};
    online = 1; /* another VCPU */
}

static void check_taken(bool is_reset_due, bool is_nmi_due, enum life_state state)
{
    struct life taken = life_take(&life);
    ck_assert(taken.is_reset_due == is_reset_due);
    ck_assert(taken.is_nmi_due == is_nmi_due);
    ck_assert_int_eq(taken.state, state);
    ck_assert(!life.is_reset_due && !life.is_nmi_due);
}

START_TEST(test_start_once)
{
    ck_assert(life_start(&life, 8, &online));
    ck_assert(!life_start(&life, 9, &online)); /* before it has taken the first */
    ck_assert_uint_eq(online, 2);
    ck_assert_uint_eq(life.startup_vector, 8);
    check_taken(true, false, LIFE_ONLINE);
    ck_assert(!life_start(&life, 9, &online)); /* and after */
    ck_assert_uint_eq(online, 2);
    check_taken(false, false, LIFE_ONLINE);
}
END_TEST

START_TEST(test_init)
{
    ck_assert(!life_init(&life, &online)); /* waits already */
    life_start(&life, 8, &online);
    life_take(&life);
    ck_assert(life_init(&life, &online));
    ck_assert(!life_init(&life, &online));
    ck_assert_uint_eq(online, 1);
    check_taken(true, false, LIFE_WAITING);
    life_start(&life, 8, &online);
    life_init(&life, &online); /* before it has started */
    ck_assert_uint_eq(online, 1);
    check_taken(true, false, LIFE_WAITING);
    life_start(&life, 8, &online);
    life_init(&life, &online);
    life_start(&life, 9, &online);
    ck_assert_uint_eq(online, 2);
    ck_assert_uint_eq(life.startup_vector, 9);
    check_taken(true, false, LIFE_ONLINE);
}
END_TEST

START_TEST(test_nmi)
{
    ck_assert(!life_nmi(&life, &online)); /* one that waits takes none */
    life_start(&life, 8, &online);
    ck_assert(life_nmi(&life, &online)); /* behind its start */
    check_taken(true, true, LIFE_ONLINE);
    life_nmi(&life, &online);
    life_init(&life, &online);
    ck_assert(!life_nmi(&life, &online));
    check_taken(true, false, LIFE_WAITING); /* INIT drops what was before it */
}
END_TEST

START_TEST(test_halt)
{
    life_start(&life, 8, &online);
    ck_assert(!life_halt(&life, true, &online)); /* its start is due */
    life_take(&life);
    life_nmi(&life, &online);
    ck_assert(!life_halt(&life, true, &online));
    life_take(&life);
    ck_assert(life_halt(&life, true, &online));
    ck_assert_uint_eq(online, 1);
    ck_assert(!life_start(&life, 9, &online)); /* it does not wait for that */
    ck_assert(life_nmi(&life, &online));
    ck_assert(life_nmi(&life, &online));
    ck_assert_uint_eq(online, 2);
    check_taken(false, true, LIFE_ONLINE);
}
END_TEST

START_TEST(test_init_behind_nmi)
{
    life_start(&life, 8, &online);
    life_take(&life);
    life_halt(&life, true, &online);
    life_nmi(&life, &online);
    ck_assert(life_init(&life, &online)); /* it has not run since */
    ck_assert_uint_eq(online, 1);
    check_taken(true, false, LIFE_WAITING);
    ck_assert(life_start(&life, 9, &online));
    ck_assert_uint_eq(online, 2);
}
END_TEST

START_TEST(test_ended)
{
    life_start(&life, 8, &online);
    life_take(&life);
    life_nmi(&life, &online);
    ck_assert(life_halt(&life, false, &online)); /* no further NMI ends it */
    ck_assert_uint_eq(online, 1);
    ck_assert(!life_nmi(&life, &online));
    check_taken(false, false, LIFE_ENDED);
    ck_assert(life_init(&life, &online));
    ck_assert_uint_eq(online, 1);
    check_taken(true, false, LIFE_WAITING);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("life");
    TCase *tests = tcase_create("life");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, test_start_once);
    tcase_add_test(tests, test_init);
    tcase_add_test(tests, test_nmi);
    tcase_add_test(tests, test_halt);
    tcase_add_test(tests, test_init_behind_nmi);
    tcase_add_test(tests, test_ended);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}

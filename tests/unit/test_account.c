/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exit accounting: the invariant, buckets, regions and summaries.
 */
#include "core/account.h"
#include "suite.h"
#include <stdlib.h>

static struct account account;
static uint64_t now;

static void set_up(void)
{
    now = 1000;
    account_reset(&account, now);
}

/* One turn of the run loop: `guest` ticks inside, `cost` outside, of which `idle` are slept. */
static void turn(enum vm_exit_reason reason, uint64_t guest, uint64_t cost, uint64_t idle)
{
    now += guest;
    account_exit(&account, now);
    if (idle) {
        now += cost / 2;
        account_hypervisor_until(&account, now);
        now += idle + cost / 4;
        account_return(&account, now, idle);
        now += cost - cost / 2 - cost / 4;
    } else {
        now += cost;
    }
    account_enter(&account, reason, now);
}

START_TEST(test_buckets)
{
    for (uint64_t cost = 0; cost < 3 * ACCOUNT_EXACT; cost++) {
        unsigned bucket = account_bucket(cost);
        ck_assert_uint_le(account_bucket_floor(bucket), cost);
        ck_assert_uint_gt(account_bucket_floor(bucket + 1), cost);
        if (cost < ACCOUNT_EXACT)
            ck_assert_uint_eq(account_bucket_floor(bucket), cost);
    }
    for (unsigned bit = 10; bit < 32; bit++) {
        uint64_t cost = (1ul << bit) + (1ul << bit) / 3;
        uint64_t floor = account_bucket_floor(account_bucket(cost));
        ck_assert(floor <= cost && cost - floor <= cost / 64);
    }
    ck_assert_uint_eq(account_bucket(1ul << 32), ACCOUNT_BUCKETS - 1);
    ck_assert_uint_eq(account_bucket(UINT64_MAX), ACCOUNT_BUCKETS - 1);
}
END_TEST

START_TEST(test_invariant)
{
    uint64_t total = 0, hypervisor_total = 0;
    account_region_begin(&account, 7);
    turn(VM_EXIT_PORT_IO, 5, 100, 0); /* the begin marker's exit itself: outside */
    ck_assert(account.is_counting);
    uint64_t begin = now;
    srand(1);
    for (unsigned i = 0; i < 10000; i++)
        turn((enum vm_exit_reason)(rand() % VM_EXIT_REASONS), (uint64_t)rand() % 5000, (uint64_t)rand() % 3000,
             rand() % 3 ? 0 : (uint64_t)rand() % 100000);
    now += 33;
    account_exit(&account, now); /* the end marker's exit */
    ck_assert(account_region_end(&account, 7));
    ck_assert_uint_eq(account.last - account.begun, now - begin);
    ck_assert_uint_eq(account_guest(&account) + account.hypervisor + account.idle, now - begin);
    for (unsigned i = 0; i < VM_EXIT_REASONS; i++) {
        struct account_summary s = account_summarize(&account.reasons[i]);
        total += s.count;
        hypervisor_total += s.total;
        ck_assert(s.minimum <= s.median && s.median <= s.percentile99 && s.percentile99 <= s.maximum);
    }
    ck_assert_uint_eq(total, 10000);
    ck_assert_uint_eq(hypervisor_total, account.hypervisor); /* every tick of the hypervisor belongs to an exit */
}
END_TEST

START_TEST(test_summary)
{
    for (uint64_t cost = 1; cost <= 100; cost++)
        turn(VM_EXIT_CPUID, 10, cost, 0);
    struct account_summary s = account_summarize(&account.reasons[VM_EXIT_CPUID]);
    ck_assert_uint_eq(s.count, 100);
    ck_assert_uint_eq(s.total, 5050);
    ck_assert_uint_eq(s.minimum, 1);
    ck_assert_uint_eq(s.median, 50);
    ck_assert_uint_eq(s.percentile99, 99);
    ck_assert_uint_eq(s.maximum, 100);
    turn(VM_EXIT_CPUID, 10, 1000000, 0);
    s = account_summarize(&account.reasons[VM_EXIT_CPUID]);
    ck_assert_uint_eq(s.total, 1005050);
    ck_assert_uint_eq(s.maximum, 1000000);
    s = account_summarize(&account.reasons[VM_EXIT_HLT]);
    ck_assert_uint_eq(s.count + s.total + s.minimum + s.maximum, 0);
}
END_TEST

START_TEST(test_idle_is_no_cost)
{
    turn(VM_EXIT_HLT, 10, 200, 1000000);
    struct account_summary s = account_summarize(&account.reasons[VM_EXIT_HLT]);
    ck_assert_uint_eq(s.maximum, 200);
    ck_assert_uint_eq(account.idle, 1000000);
}
END_TEST

START_TEST(test_regions)
{
    ck_assert(!account_region_end(&account, 1)); /* none open */
    account_region_begin(&account, 1);
    ck_assert(!account_region_end(&account, 1)); /* not entered yet */
    account_region_begin(&account, 2);
    turn(VM_EXIT_PORT_IO, 1, 1, 0);
    turn(VM_EXIT_CPUID, 1, 1, 0);
    ck_assert(!account_region_end(&account, 3)); /* another number closes it without a record */
    ck_assert(!account_region_end(&account, 2));
    account_region_begin(&account, 4);
    turn(VM_EXIT_PORT_IO, 1, 1, 0);
    ck_assert_uint_eq(account_summarize(&account.reasons[VM_EXIT_CPUID]).count, 0);
    ck_assert_uint_eq(account_summarize(&account.reasons[VM_EXIT_PORT_IO]).count, 0);
    ck_assert(account_region_end(&account, 4));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("account");
    TCase *tests = tcase_create("account");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, test_buckets);
    tcase_add_test(tests, test_invariant);
    tcase_add_test(tests, test_summary);
    tcase_add_test(tests, test_idle_is_no_cost);
    tcase_add_test(tests, test_regions);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}

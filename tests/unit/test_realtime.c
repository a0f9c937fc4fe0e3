/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Seconds of calendar dates, against the host's own calendar, over all the days that the clock of a PC can show.
 */
#include "core/realtime.h"
#include "suite.h"
#include <time.h>

#define FIRST_DAY (10957l * 86400) /* 2000-01-01 */
#define LAST_DAY  (47481l * 86400) /* 2099-12-31 */

START_TEST(every_day)
{
    for (time_t now = FIRST_DAY; now <= LAST_DAY; now += 86400) {
        struct tm date;
        ck_assert_ptr_nonnull(gmtime_r(&now, &date));
        ck_assert_int_eq(realtime_seconds((unsigned)date.tm_year + 1900, (unsigned)date.tm_mon + 1,
                                          (unsigned)date.tm_mday, 0, 0, 0),
                         now);
    }
}
END_TEST

START_TEST(time_of_day)
{
    ck_assert_int_eq(realtime_seconds(1970, 1, 1, 0, 0, 0), 0);
    ck_assert_int_eq(realtime_seconds(2000, 2, 29, 12, 34, 56), 951827696);
    ck_assert_int_eq(realtime_seconds(2099, 12, 31, 23, 59, 59), LAST_DAY + 86399);
}
END_TEST

static Suite *realtime_suite(void)
{
    Suite *suite = suite_create("realtime");
    TCase *tests = tcase_create("realtime");
    tcase_add_test(tests, every_day);
    tcase_add_test(tests, time_of_day);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return suite_main(realtime_suite());
}

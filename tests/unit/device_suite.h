/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the device tests share: running one suite whose tests are given as a list.
 */
#ifndef TESTS_UNIT_DEVICE_SUITE_H
#define TESTS_UNIT_DEVICE_SUITE_H

#include "suite.h"

static inline int device_suite_run(const char *name, void (*setup)(void), const TTest *const *tests, unsigned count)
{
    Suite *suite = suite_create(name);
    TCase *cases = tcase_create(name);

    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_set_timeout(cases, 60);
    for (unsigned i = 0; i < count; i++)
        tcase_add_test(cases, tests[i]);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}

#define DEVICE_SUITE(name, setup, ...)                                                                                 \
    int main(void)                                                                                                     \
    {                                                                                                                  \
        const TTest *const tests[] = {__VA_ARGS__};                                                                    \
        return device_suite_run(name, setup, tests, sizeof tests / sizeof tests[0]);                                   \
    }

#endif

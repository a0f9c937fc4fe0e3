/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every unit test's main() ends with: run the suite, print Check's summary line, give the exit status. And how
 * long a test may take.
 */
#ifndef TESTS_UNIT_SUITE_H
#define TESTS_UNIT_SUITE_H

#include <check.h>
#include <stdlib.h>

#define SUITE_PATIENCE_S "60" /* a test's own limit may be more: Check's 4 s are too few for a host with other work */

/* Before main: Check asks when test cases are made. */
__attribute__((constructor)) static inline void suite_set_patience(void)
{
    setenv("CK_DEFAULT_TIMEOUT", SUITE_PATIENCE_S, 0);
}

/* Takes the suite over. The exit status of the program. */
static inline int suite_main(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif

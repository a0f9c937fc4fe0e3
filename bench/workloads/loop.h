/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A workload that is one step over and over: what a program of the group loop/ fills in. The step is a function of
 * the same file, so that the compiler puts it into the loop.
 */
#ifndef LOOP_H
#define LOOP_H

#include "harness.h"

#define LOOP_WORKLOAD(workload_name, iterations, setup_function, step_function)                                        \
    LOOP_WORKLOAD_ENDED(workload_name, iterations, setup_function, step_function, NULL)

/* The same with something to put away at the end. */
#define LOOP_WORKLOAD_ENDED(workload_name, iterations, setup_function, step_function, teardown_function)               \
    static struct harness_parameter loop_parameters[] = {{"iterations", iterations, 1, 10000000},                      \
                                                         HARNESS_PARAMETERS_END};                                      \
    static void loop_work(void)                                                                                        \
    {                                                                                                                  \
        for (uint64_t i = loop_parameters[0].value; i > 0; i--)                                                        \
            step_function();                                                                                           \
    }                                                                                                                  \
    int main(int argc, char **argv)                                                                                    \
    {                                                                                                                  \
        struct harness_workload workload = {                                                                           \
            .name = workload_name,                                                                                     \
            .parameters = loop_parameters,                                                                             \
            .setup = setup_function,                                                                                   \
            .teardown = teardown_function,                                                                             \
            .work = loop_work,                                                                                         \
        };                                                                                                             \
        return harness_main(&workload, argc, argv);                                                                    \
    }

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A CALL and its RET at user level: costs nothing extra under any technique that runs user code
 * directly, and tells binary translation apart.
 */
#include "harness.h"

static struct harness_parameter callret_parameters[] = {{"iterations", 10000, 1, 10000000}, HARNESS_PARAMETERS_END};

__attribute__((noinline)) static void callret_callee(void)
{
    __asm__ volatile("");
}

static void callret_work(void)
{
    for (uint64_t i = callret_parameters[0].value; i > 0; i--)
        callret_callee();
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {.name = "nano/callret", .parameters = callret_parameters, .work = callret_work};

    return harness_main(&workload, argc, argv);
}

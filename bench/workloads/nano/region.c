/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The empty region of a user program: what the two time stamps and the call of the work cost by
 * themselves. It is inside every figure of the latency and macro groups, once a repetition.
 */
#include "harness.h"

static struct harness_parameter region_parameters[] = {HARNESS_PARAMETERS_END};

static uint64_t region_operations(void)
{
    return 1;
}

static void region_work(void) {}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "nano/region",
        .parameters = region_parameters,
        .operations = region_operations,
        .work = region_work,
    };

    return harness_main(&workload, argc, argv);
}

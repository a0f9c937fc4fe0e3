/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * getppid() through the C library, over and over: the null system call.
 */
#include "harness.h"

#include <unistd.h>

static struct harness_parameter null_call_parameters[] = {{"iterations", 1000, 1, 10000000}, HARNESS_PARAMETERS_END};
static pid_t null_call_parent;

static void null_call_work(void)
{
    for (uint64_t i = null_call_parameters[0].value; i > 0; i--)
        null_call_parent = getppid();
}

static void null_call_cleanup(void)
{
    if (null_call_parent != getppid())
        harness_wrong("getppid gave %d", (int)null_call_parent);
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/null_call",
        .parameters = null_call_parameters,
        .cleanup = null_call_cleanup,
        .work = null_call_work,
    };

    return harness_main(&workload, argc, argv);
}

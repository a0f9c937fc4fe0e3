/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fork(), the child ends at once, the parent waits for it: the life of an empty process.
 */
#include "harness.h"

#include <unistd.h>

static struct harness_parameter fork_parameters[] = {{"iterations", 20, 1, 100000}, HARNESS_PARAMETERS_END};

static void fork_work(void)
{
    for (uint64_t i = fork_parameters[0].value; i > 0; i--) {
        pid_t child = fork();

        if (child == 0)
            _exit(0);
        harness_wait_child(child);
    }
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/fork",
        .parameters = fork_parameters,
        .work = fork_work,
    };

    return harness_main(&workload, argc, argv);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UnixBench's process creation: fork(), the child ends at once, wait(); an operation is one process.
 */
#include "harness.h"

#include <unistd.h>

static struct harness_parameter spawn_parameters[] = {{"processes", 50, 1, 100000}, HARNESS_PARAMETERS_END};

static void spawn_work(void)
{
    for (uint64_t i = spawn_parameters[0].value; i > 0; i--) {
        pid_t child = fork();
        if (child < 0)
            harness_fail("fork failed");
        if (child == 0)
            _exit(0);
        harness_wait_child(child);
    }
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {.name = "mix/spawn", .parameters = spawn_parameters, .work = spawn_work};
    return harness_main(&workload, argc, argv);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fork() and waitpid() over and over, the child leaving through exit(): the workload of that name
 * in Adams and Agesen, ASPLOS 2006, with fewer rounds.
 */
#include "harness.h"

#include <stdlib.h>
#include <unistd.h>

static struct harness_parameter forkwait_parameters[] = {{"iterations", 100, 1, 100000}, HARNESS_PARAMETERS_END};

static void forkwait_work(void)
{
    for (uint64_t i = forkwait_parameters[0].value; i > 0; i--) {
        pid_t child = fork();

        if (child == 0)
            exit(0);
        harness_wait_child(child);
    }
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "macro/forkwait",
        .parameters = forkwait_parameters,
        .work = forkwait_work,
    };

    return harness_main(&workload, argc, argv);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sigaction() of a handler for SIGUSR1, over and over.
 */
#include "harness.h"

#include <signal.h>

static struct harness_parameter signal_install_parameters[] = {{"iterations", 1000, 1, 10000000},
                                                               HARNESS_PARAMETERS_END};

static void signal_install_handler(int number)
{
    (void)number;
}

static void signal_install_work(void)
{
    struct sigaction action = {.sa_handler = signal_install_handler};

    for (uint64_t i = signal_install_parameters[0].value; i > 0; i--)
        if (sigaction(SIGUSR1, &action, NULL) != 0)
            harness_fail("sigaction failed");
}

static void signal_install_cleanup(void)
{
    struct sigaction action;

    if (sigaction(SIGUSR1, NULL, &action) != 0)
        harness_fail("sigaction failed");
    if (action.sa_handler != signal_install_handler)
        harness_wrong("the handler was not installed");
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/signal_install",
        .parameters = signal_install_parameters,
        .cleanup = signal_install_cleanup,
        .work = signal_install_work,
    };

    return harness_main(&workload, argc, argv);
}

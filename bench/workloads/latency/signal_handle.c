/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kill() of oneself with a handler installed: the call, the delivery on the user stack, an empty
 * handler, and the return by sigreturn.
 */
#include "harness.h"

#include <signal.h>
#include <unistd.h>

static struct harness_parameter signal_handle_parameters[] = {{"iterations", 500, 1, 10000000}, HARNESS_PARAMETERS_END};
static volatile uint64_t signal_handle_count;

static void signal_handle_handler(int number)
{
    (void)number;
    signal_handle_count++;
}

static void signal_handle_setup(void)
{
    struct sigaction action = {.sa_handler = signal_handle_handler};

    if (sigaction(SIGUSR1, &action, NULL) != 0)
        harness_fail("sigaction failed");
}

static void signal_handle_prepare(void)
{
    signal_handle_count = 0;
}

static void signal_handle_work(void)
{
    pid_t process = getpid();

    for (uint64_t i = signal_handle_parameters[0].value; i > 0; i--)
        if (kill(process, SIGUSR1) != 0)
            harness_fail("kill failed");
}

static void signal_handle_cleanup(void)
{
    if (signal_handle_count != signal_handle_parameters[0].value)
        harness_wrong("%llu signals were handled", (unsigned long long)signal_handle_count);
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/signal_handle",
        .parameters = signal_handle_parameters,
        .setup = signal_handle_setup,
        .prepare = signal_handle_prepare,
        .cleanup = signal_handle_cleanup,
        .work = signal_handle_work,
    };

    return harness_main(&workload, argc, argv);
}

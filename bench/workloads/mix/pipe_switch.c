/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UnixBench's pipe-based context switching: two processes send each other a growing number through two pipes, and check
 * the other's; an operation is one exchange.
 */
#include "harness.h"

#include <unistd.h>

static struct harness_parameter pipe_switch_parameters[] = {{"iterations", 100, 1, 1000000}, HARNESS_PARAMETERS_END};
static int pipe_switch_in, pipe_switch_out;
static pid_t pipe_switch_child;

static _Noreturn void pipe_switch_other(int in, int out)
{
    unsigned long number;

    for (unsigned long expected = 0; read(in, &number, sizeof(number)) == sizeof(number); expected++)
        if (number != expected || write(out, &expected, sizeof(expected)) != sizeof(expected))
            _exit(1);
    _exit(0);
}

static void pipe_switch_setup(void)
{
    int there[2], back[2];

    if (pipe(there) != 0 || pipe(back) != 0)
        harness_fail("pipe failed");
    pipe_switch_child = fork();
    if (pipe_switch_child < 0)
        harness_fail("fork failed");
    if (pipe_switch_child == 0) {
        close(there[1]);
        close(back[0]);
        pipe_switch_other(there[0], back[1]);
    }
    close(there[0]);
    close(back[1]);
    pipe_switch_out = there[1];
    pipe_switch_in = back[0];
}

static void pipe_switch_work(void)
{
    static unsigned long next;

    for (uint64_t i = pipe_switch_parameters[0].value; i > 0; i--, next++) {
        unsigned long number;

        if (write(pipe_switch_out, &next, sizeof(next)) != sizeof(next) ||
            read(pipe_switch_in, &number, sizeof(number)) != sizeof(number))
            harness_fail("a pipe failed");
        if (number != next)
            harness_wrong("number %lu came back as %lu", next, number);
    }
}

static void pipe_switch_teardown(void)
{
    close(pipe_switch_out);
    harness_wait_child(pipe_switch_child);
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "mix/pipe_switch",
        .parameters = pipe_switch_parameters,
        .setup = pipe_switch_setup,
        .teardown = pipe_switch_teardown,
        .work = pipe_switch_work,
    };
    return harness_main(&workload, argc, argv);
}

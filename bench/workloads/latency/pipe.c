/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two processes pass a byte to and fro through two pipes; an operation is one round trip with its
 * two context switches.
 */
#include "harness.h"

#include <fcntl.h>
#include <unistd.h>

static struct harness_parameter pipe_parameters[] = {{"iterations", 100, 1, 1000000}, HARNESS_PARAMETERS_END};
static int pipe_to_child[2], pipe_from_child[2];
static pid_t pipe_child;

/* The other process: gives every byte back until the pipe is closed. */
static _Noreturn void pipe_echo(void)
{
    char byte;

    close(pipe_to_child[1]);
    close(pipe_from_child[0]);
    while (read(pipe_to_child[0], &byte, 1) == 1)
        if (write(pipe_from_child[1], &byte, 1) != 1)
            _exit(1);
    _exit(0);
}

static void pipe_setup(void)
{
    if (pipe(pipe_to_child) != 0 || pipe(pipe_from_child) != 0)
        harness_fail("pipe failed");
    pipe_child = fork();
    if (pipe_child < 0)
        harness_fail("fork failed");
    if (pipe_child == 0)
        pipe_echo();
    close(pipe_to_child[0]);
    close(pipe_from_child[1]);
}

static void pipe_work(void)
{
    for (uint64_t i = pipe_parameters[0].value; i > 0; i--) {
        char byte = (char)i, echo;

        if (write(pipe_to_child[1], &byte, 1) != 1 || read(pipe_from_child[0], &echo, 1) != 1)
            harness_fail("a byte was lost between the processes");
        if (echo != byte)
            harness_wrong("byte %d came back as %d", byte, echo);
    }
}

static void pipe_teardown(void)
{
    close(pipe_to_child[1]);
    harness_wait_child(pipe_child);
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/pipe",
        .parameters = pipe_parameters,
        .setup = pipe_setup,
        .teardown = pipe_teardown,
        .work = pipe_work,
    };

    return harness_main(&workload, argc, argv);
}

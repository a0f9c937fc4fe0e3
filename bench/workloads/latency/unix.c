/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two processes pass a byte to and fro through a pair of AF_UNIX stream sockets (lmbench lat_unix); an operation
 * is one round trip.
 */
#include "harness.h"

#include <sys/socket.h>
#include <unistd.h>

static struct harness_parameter unix_parameters[] = {{"iterations", 100, 1, 1000000}, HARNESS_PARAMETERS_END};
static int unix_in, unix_out; /* this process's ends; one descriptor in both where that goes both ways */
static pid_t unix_child;

/* The other process: gives every byte back until there is none. */
static _Noreturn void unix_echo(int in, int out)
{
    char byte;
    while (read(in, &byte, 1) == 1)
        if (write(out, &byte, 1) != 1)
            _exit(1);
    _exit(0);
}

static void unix_setup(void)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        harness_fail("socketpair failed");
    unix_child = fork();
    if (unix_child < 0)
        harness_fail("fork failed");
    if (unix_child == 0) {
        close(ends[0]);
        unix_echo(ends[1], ends[1]);
    }
    close(ends[1]);
    unix_in = unix_out = ends[0];
}

static void unix_work(void)
{
    for (uint64_t i = unix_parameters[0].value; i > 0; i--) {
        char byte = (char)i, echo;
        if (write(unix_out, &byte, 1) != 1 || read(unix_in, &echo, 1) != 1)
            harness_fail("a byte was lost between the processes");
        if (echo != byte)
            harness_wrong("byte %d came back as %d", byte, echo);
    }
}

static void unix_teardown(void)
{
    close(unix_out);
    harness_wait_child(unix_child);
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/unix",
        .parameters = unix_parameters,
        .setup = unix_setup,
        .teardown = unix_teardown,
        .work = unix_work,
    };
    return harness_main(&workload, argc, argv);
}

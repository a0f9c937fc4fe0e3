/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two processes pass a byte to and fro through two FIFOs (lmbench lat_fifo); an operation is one round trip.
 */
#include "harness.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct harness_parameter fifo_parameters[] = {{"iterations", 100, 1, 1000000}, HARNESS_PARAMETERS_END};
static int fifo_in, fifo_out; /* this process's ends; one descriptor in both where that goes both ways */
static pid_t fifo_child;

/* The other process: gives every byte back until there is none. */
static _Noreturn void fifo_echo(int in, int out)
{
    char byte;
    while (read(in, &byte, 1) == 1)
        if (write(out, &byte, 1) != 1)
            _exit(1);
    _exit(0);
}

static void fifo_setup(void)
{
    char there[64], back[64];
    snprintf(there, sizeof(there), "%s-there", harness_temporary_path());
    snprintf(back, sizeof(back), "%s-back", harness_temporary_path());
    if (mkfifo(there, 0600) != 0 || mkfifo(back, 0600) != 0)
        harness_fail("mkfifo failed");
    fifo_child = fork();
    if (fifo_child < 0)
        harness_fail("fork failed");
    if (fifo_child == 0) {
        int in = open(there, O_RDONLY);
        fifo_echo(in, open(back, O_WRONLY));
    }
    fifo_out = open(there, O_WRONLY);
    fifo_in = open(back, O_RDONLY);
    if (fifo_out < 0 || fifo_in < 0 || unlink(there) != 0 || unlink(back) != 0)
        harness_fail("the FIFOs cannot be opened");
}

static void fifo_work(void)
{
    for (uint64_t i = fifo_parameters[0].value; i > 0; i--) {
        char byte = (char)i, echo;
        if (write(fifo_out, &byte, 1) != 1 || read(fifo_in, &echo, 1) != 1)
            harness_fail("a byte was lost between the processes");
        if (echo != byte)
            harness_wrong("byte %d came back as %d", byte, echo);
    }
}

static void fifo_teardown(void)
{
    close(fifo_out);
    harness_wait_child(fifo_child);
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/fifo",
        .parameters = fifo_parameters,
        .setup = fifo_setup,
        .teardown = fifo_teardown,
        .work = fifo_work,
    };
    return harness_main(&workload, argc, argv);
}

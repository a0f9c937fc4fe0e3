/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UnixBench's pipe throughput: one process writes 512 bytes to a pipe and reads them back; an operation is both.
 */
#include "harness.h"

#include <string.h>
#include <unistd.h>

#define PIPE_THROUGHPUT_BYTES 512

static struct harness_parameter pipe_throughput_parameters[] = {{"iterations", 500, 1, 1000000},
                                                                HARNESS_PARAMETERS_END};
static int pipe_throughput_ends[2];

static void pipe_throughput_setup(void)
{
    if (pipe(pipe_throughput_ends) != 0)
        harness_fail("pipe failed");
}

static void pipe_throughput_work(void)
{
    static char there[PIPE_THROUGHPUT_BYTES], back[PIPE_THROUGHPUT_BYTES];
    for (uint64_t i = pipe_throughput_parameters[0].value; i > 0; i--) {
        there[i % PIPE_THROUGHPUT_BYTES] = (char)i;
        if (write(pipe_throughput_ends[1], there, sizeof(there)) != sizeof(there) ||
            read(pipe_throughput_ends[0], back, sizeof(back)) != sizeof(back))
            harness_fail("the pipe failed");
    }
    if (memcmp(there, back, sizeof(there)) != 0)
        harness_wrong("other bytes came back");
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "mix/pipe_throughput",
        .parameters = pipe_throughput_parameters,
        .setup = pipe_throughput_setup,
        .work = pipe_throughput_work,
    };
    return harness_main(&workload, argc, argv);
}

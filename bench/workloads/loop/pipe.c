/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * write() of a byte to a pipe and read() of it by the same process.
 */
#include "loop.h"
#include <unistd.h>

static int pipe_ends[2];

static void pipe_setup(void)
{
    if (pipe(pipe_ends) != 0)
        harness_fail("pipe failed");
}

static void pipe_step(void)
{
    char byte = 1;
    if (write(pipe_ends[1], &byte, 1) != 1 || read(pipe_ends[0], &byte, 1) != 1)
        harness_fail("the pipe failed");
}

LOOP_WORKLOAD("loop/pipe", 1000, pipe_setup, pipe_step)

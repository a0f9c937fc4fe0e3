/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * write() of a byte to one of a pair of AF_UNIX sockets and read() of it from the other by the same process.
 */
#include "loop.h"
#include <sys/socket.h>
#include <unistd.h>

static int unix_ends[2];

static void unix_setup(void)
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, unix_ends) != 0)
        harness_fail("socketpair failed");
}

static void unix_step(void)
{
    char byte = 1;
    if (write(unix_ends[1], &byte, 1) != 1 || read(unix_ends[0], &byte, 1) != 1)
        harness_fail("the socket failed");
}

LOOP_WORKLOAD("loop/unix", 500, unix_setup, unix_step)

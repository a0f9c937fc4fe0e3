/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * poll() of a pipe with a byte in it.
 */
#include "loop.h"
#include <poll.h>
#include <unistd.h>

static struct pollfd poll_entry = {.events = POLLIN};

static void poll_setup(void)
{
    int ends[2];
    if (pipe(ends) != 0 || write(ends[1], "", 1) != 1)
        harness_fail("pipe failed");
    poll_entry.fd = ends[0];
}

static void poll_step(void)
{
    if (poll(&poll_entry, 1, 0) != 1 || poll_entry.revents != POLLIN)
        harness_fail("poll failed");
}

LOOP_WORKLOAD("loop/poll", 1000, poll_setup, poll_step)

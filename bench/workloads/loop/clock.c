/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clock_gettime() of the monotonic clock by system call.
 */
#include "loop.h"
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void clock_step(void)
{
    struct timespec now;
    if (syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now) != 0)
        harness_fail("clock_gettime failed");
}

LOOP_WORKLOAD("loop/clock", 1000, NULL, clock_step)

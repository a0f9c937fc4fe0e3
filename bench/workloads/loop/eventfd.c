/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * write() to an eventfd and read() of it.
 */
#include "loop.h"
#include <sys/eventfd.h>
#include <unistd.h>

static int eventfd_file;

static void eventfd_setup(void)
{
    eventfd_file = eventfd(0, 0);
    if (eventfd_file < 0)
        harness_fail("eventfd failed");
}

static void eventfd_step(void)
{
    uint64_t count = 1;
    if (write(eventfd_file, &count, sizeof(count)) != sizeof(count) ||
        read(eventfd_file, &count, sizeof(count)) != sizeof(count))
        harness_fail("the eventfd failed");
}

LOOP_WORKLOAD("loop/eventfd", 1000, eventfd_setup, eventfd_step)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sched_yield() with nobody else to run.
 */
#include "loop.h"
#include <sched.h>

static void yield_step(void)
{
    if (sched_yield() != 0)
        harness_fail("sched_yield failed");
}

LOOP_WORKLOAD("loop/yield", 1000, NULL, yield_step)

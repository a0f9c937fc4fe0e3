/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dup() of a descriptor and close() of the copy.
 */
#include "loop.h"
#include <unistd.h>

static void dup_step(void)
{
    int copy = dup(0);
    if (copy < 0 || close(copy) != 0)
        harness_fail("dup failed");
}

LOOP_WORKLOAD("loop/dup", 1000, NULL, dup_step)

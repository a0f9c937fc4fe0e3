/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pwrite() of 4 KiB to the start of a file in memory.
 */
#include "loop.h"
#include <unistd.h>

static int pwrite_file;

static void pwrite_setup(void)
{
    pwrite_file = harness_temporary_file(4096);
    unlink(harness_temporary_path());
}

static void pwrite_step(void)
{
    static const char bytes[4096];
    if (pwrite(pwrite_file, bytes, sizeof(bytes), 0) != sizeof(bytes))
        harness_fail("pwrite failed");
}

LOOP_WORKLOAD("loop/pwrite", 1000, pwrite_setup, pwrite_step)

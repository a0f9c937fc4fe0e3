/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pread() of 4 KiB from the start of a file in memory.
 */
#include "loop.h"
#include <unistd.h>

static int pread_file;

static void pread_setup(void)
{
    pread_file = harness_temporary_file(4096);
    unlink(harness_temporary_path());
}

static void pread_step(void)
{
    static char bytes[4096];
    if (pread(pread_file, bytes, sizeof(bytes), 0) != sizeof(bytes))
        harness_fail("pread failed");
}

LOOP_WORKLOAD("loop/pread", 1000, pread_setup, pread_step)

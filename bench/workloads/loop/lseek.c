/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lseek() to the start of a file.
 */
#include "loop.h"
#include <unistd.h>

static int lseek_file;

static void lseek_setup(void)
{
    lseek_file = harness_temporary_file(4096);
    unlink(harness_temporary_path());
}

static void lseek_step(void)
{
    if (lseek(lseek_file, 0, SEEK_SET) != 0)
        harness_fail("lseek failed");
}

LOOP_WORKLOAD("loop/lseek", 1000, lseek_setup, lseek_step)

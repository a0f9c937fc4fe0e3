/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file is renamed and renamed back.
 */
#include "loop.h"
#include <stdio.h>
#include <unistd.h>

static char rename_other[80];

static void rename_setup(void)
{
    close(harness_temporary_file(0));
    snprintf(rename_other, sizeof(rename_other), "%s-renamed", harness_temporary_path());
}

static void rename_teardown(void)
{
    unlink(harness_temporary_path());
}

static void rename_step(void)
{
    const char *path = harness_temporary_path();
    if (rename(path, rename_other) != 0 || rename(rename_other, path) != 0)
        harness_fail("rename failed");
}

LOOP_WORKLOAD_ENDED("loop/rename", 200, rename_setup, rename_step, rename_teardown)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file is created, closed and unlinked.
 */
#include "loop.h"
#include <fcntl.h>
#include <unistd.h>

static void unlink_step(void)
{
    const char *path = harness_temporary_path();
    int file = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (file < 0 || close(file) != 0 || unlink(path) != 0)
        harness_fail("a file cannot be made and removed");
}

LOOP_WORKLOAD("loop/unlink", 200, NULL, unlink_step)

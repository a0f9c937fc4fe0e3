/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sendfile() of 4 KiB from a file in memory to a pipe, which is then emptied.
 */
#include "loop.h"
#include <sys/sendfile.h>
#include <unistd.h>

static int sendfile_from, sendfile_ends[2];

static void sendfile_setup(void)
{
    sendfile_from = harness_temporary_file(4096);
    unlink(harness_temporary_path());
    if (pipe(sendfile_ends) != 0)
        harness_fail("pipe failed");
}

static void sendfile_step(void)
{
    static char page[4096];
    off_t offset = 0;
    if (sendfile(sendfile_ends[1], sendfile_from, &offset, sizeof(page)) != sizeof(page) ||
        read(sendfile_ends[0], page, sizeof(page)) != sizeof(page))
        harness_fail("sendfile failed");
}

LOOP_WORKLOAD("loop/sendfile", 200, sendfile_setup, sendfile_step)

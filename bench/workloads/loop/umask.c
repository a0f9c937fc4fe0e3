/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * umask(), a call that stores a number.
 */
#include "loop.h"
#include <sys/stat.h>

static void umask_step(void)
{
    umask(022);
}

LOOP_WORKLOAD("loop/umask", 1000, NULL, umask_step)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * brk() a page up and down again.
 */
#include "loop.h"
#include <unistd.h>
#include <sys/syscall.h>

static uintptr_t brk_end;

static void brk_setup(void)
{
    brk_end = (uintptr_t)syscall(SYS_brk, 0);
}

static void brk_step(void)
{
    if ((uintptr_t)syscall(SYS_brk, brk_end + 4096) != brk_end + 4096 ||
        (uintptr_t)syscall(SYS_brk, brk_end) != brk_end)
        harness_fail("brk failed");
}

LOOP_WORKLOAD("loop/brk", 500, brk_setup, brk_step)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * futex() wakes nobody.
 */
#include "loop.h"
#include <sys/syscall.h>
#include <unistd.h>

#define FUTEX_WAKE_PRIVATE 129

static uint32_t futex_word;

static void futex_step(void)
{
    if (syscall(SYS_futex, &futex_word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) != 0)
        harness_fail("futex failed");
}

LOOP_WORKLOAD("loop/futex", 1000, NULL, futex_step)

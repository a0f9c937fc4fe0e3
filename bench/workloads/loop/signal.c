/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * raise() of a signal whose handler is empty.
 */
#include "loop.h"
#include <signal.h>

static void signal_handler(int number)
{
    (void)number;
}

static void signal_setup(void)
{
    if (signal(SIGUSR1, signal_handler) == SIG_ERR)
        harness_fail("signal failed");
}

static void signal_step(void)
{
    if (raise(SIGUSR1) != 0)
        harness_fail("raise failed");
}

LOOP_WORKLOAD("loop/signal", 500, signal_setup, signal_step)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thread is made, ends at once, and is joined.
 */
#include "loop.h"
#include <pthread.h>

static void *thread_start(void *argument)
{
    return argument;
}

static void thread_step(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, thread_start, NULL) != 0 || pthread_join(thread, NULL) != 0)
        harness_fail("a thread failed");
}

LOOP_WORKLOAD("loop/thread", 50, NULL, thread_step)

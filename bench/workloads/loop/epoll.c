/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * epoll_wait() with one of ten pipes ready.
 */
#include "loop.h"
#include <sys/epoll.h>
#include <unistd.h>

static int epoll_set;

static void epoll_setup(void)
{
    epoll_set = epoll_create1(0);
    for (uint32_t i = 0; i < 10; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        int ends[2];
        if (pipe(ends) != 0 || epoll_ctl(epoll_set, EPOLL_CTL_ADD, ends[0], &event) != 0)
            harness_fail("epoll_ctl failed");
        if (i == 9 && write(ends[1], "", 1) != 1)
            harness_fail("write failed");
    }
}

static void epoll_step(void)
{
    struct epoll_event event;
    if (epoll_wait(epoll_set, &event, 1, 0) != 1 || event.data.u32 != 9)
        harness_fail("epoll_wait found the wrong pipe");
}

LOOP_WORKLOAD("loop/epoll", 500, epoll_setup, epoll_step)

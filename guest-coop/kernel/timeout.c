/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sorted list of deadlines. With a periodic tick they are met at the next tick; without one the
 * timer is armed for the first of them.
 */
#include "kernel/timeout.h"
#include "drivers/timer.h"
#include "kernel/clock.h"
#include <coopvirt/spinlock.h>

/* under timeout_lock */
static struct spinlock timeout_lock;
static struct timeout *timeout_first;

static void timeout_unlink(struct timeout *timeout)
{
    if (timeout->previous)
        timeout->previous->next = timeout->next;
    else
        timeout_first = timeout->next;
    if (timeout->next)
        timeout->next->previous = timeout->previous;
    timeout->armed = false;
}

void timeout_add(struct timeout *timeout, uint64_t deadline_ns, void (*expire)(struct timeout *))
{
    struct timeout *previous = 0;
    spinlock_take(&timeout_lock);
    struct timeout *next = timeout_first;
    while (next && next->deadline_ns <= deadline_ns) {
        previous = next;
        next = next->next;
    }
    timeout->deadline_ns = deadline_ns;
    timeout->expire = expire;
    timeout->armed = true;
    timeout->previous = previous;
    timeout->next = next;
    if (previous)
        previous->next = timeout;
    else
        timeout_first = timeout;
    if (next)
        next->previous = timeout;
    bool first = !previous;
    spinlock_release(&timeout_lock);
    if (first)
        timer_want(deadline_ns);
}

void timeout_remove(struct timeout *timeout)
{
    spinlock_take(&timeout_lock);
    if (timeout->armed)
        timeout_unlink(timeout);
    spinlock_release(&timeout_lock);
}

void timeout_run(void)
{
    uint64_t now = clock_monotonic_ns();
    spinlock_take(&timeout_lock);
    while (timeout_first && timeout_first->deadline_ns <= now) {
        struct timeout *due = timeout_first;
        timeout_unlink(due);
        spinlock_release(&timeout_lock);
        due->expire(due);
        spinlock_take(&timeout_lock);
    }
    uint64_t next = timeout_first ? timeout_first->deadline_ns : 0;
    spinlock_release(&timeout_lock);
    if (next)
        timer_want(next);
}

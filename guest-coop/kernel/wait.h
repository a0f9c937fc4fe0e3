/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wait queues: how a process sleeps until something happens. The pattern is always
 *     while (!condition) { status = wait_queue_sleep(&queue, deadline); if (status) return status; }
 * under the rule that kernel code is not preempted between testing and sleeping (interrupts that wake
 * a queue do so with wait_queue_wake, which only makes processes runnable).
 */
#ifndef KERNEL_WAIT_H
#define KERNEL_WAIT_H

#include <coopvirt/spinlock.h>
#include <stdbool.h>
#include <stdint.h>

struct process;

/* Stands in a queue: a sleeper, or something that is to be told (`notify`) of each wake-up. */
struct wait_entry {
    struct wait_entry *next, *previous;
    struct wait_queue *queue;
    struct process *process;                  /* the sleeper, or NULL */
    void (*notify)(struct wait_entry *entry); /* may be in interrupt context */
    void *context;
    bool woken;
};

struct wait_queue {
    struct spinlock lock;
    struct wait_entry *first;
};

#define WAIT_QUEUE_INITIALISER                                                                                         \
    {                                                                                                                  \
        SPINLOCK_INITIALISER, 0                                                                                        \
    }

#define WAIT_FOREVER UINT64_MAX

/*
 * Sleeps on the queue until woken, until the clock reaches `deadline_ns` (clock_monotonic_ns), or until a signal
 * arrives. 0 = woken, -ETIMEDOUT, or -ERESTARTSYS (a signal that has a handler or ends the process is pending;
 * the system-call layer turns it into a restart or EINTR).
 */
int wait_queue_sleep(struct wait_queue *queue, uint64_t deadline_ns);

/* The same on several queues at once (poll, select). */
int wait_queue_sleep_many(struct wait_queue *const *queues, unsigned count, uint64_t deadline_ns);

/* Makes everybody, or one, on the queue runnable. Callable from interrupt context. */
void wait_queue_wake(struct wait_queue *queue);
void wait_queue_wake_one(struct wait_queue *queue);

/* Calls notify at each wake-up of the queue, until wait_queue_unwatch (which does nothing to an entry in no queue). */
void wait_queue_watch(struct wait_queue *queue, struct wait_entry *entry, void (*notify)(struct wait_entry *),
                      void *context);
void wait_queue_unwatch(struct wait_entry *entry);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wait queues: the sleeper's entries live on its stack, linked into each queue it waits on.
 */
#include "kernel/wait.h"
#include "kernel/clock.h"
#include "kernel/cpu.h"
#include "kernel/errno.h"
#include "kernel/scheduler.h"
#include "memory/heap.h"

#define ENTRIES_ON_STACK 8

struct wait_timeout {
    struct timeout timeout; /* first */
    struct process *process;
};

static void wait_entry_link(struct wait_queue *queue, struct wait_entry *entry)
{
    entry->queue = queue;
    spinlock_take(&queue->lock);
    entry->previous = 0;
    entry->next = queue->first;
    if (queue->first)
        queue->first->previous = entry;
    queue->first = entry;
    spinlock_release(&queue->lock);
}

static void wait_entry_unlink(struct wait_entry *entry)
{
    struct wait_queue *queue = entry->queue;
    spinlock_take(&queue->lock);
    if (entry->previous)
        entry->previous->next = entry->next;
    else
        queue->first = entry->next;
    if (entry->next)
        entry->next->previous = entry->previous;
    spinlock_release(&queue->lock);
}

static void wait_expire(struct timeout *timeout)
{
    scheduler_wake(((struct wait_timeout *)timeout)->process);
}

/* Sleeps with the entries linked; true when one of them was woken. */
static inline bool wait_entries_sleep(struct wait_entry *entries, struct wait_queue *const *queues, unsigned count,
                               uint64_t deadline_ns)
{
    struct process *current = cpu_this()->current;
    struct wait_timeout timeout;
    for (unsigned i = 0; i < count; i++) {
        entries[i].process = current;
        entries[i].woken = false;
        wait_entry_link(queues[i], &entries[i]);
    }
    current->state = PROCESS_SLEEPING;
    if (deadline_ns != WAIT_FOREVER) {
        timeout.process = current;
        timeout_add(&timeout.timeout, deadline_ns, wait_expire);
    }
    scheduler_switch();
    if (deadline_ns != WAIT_FOREVER)
        timeout_remove(&timeout.timeout);
    bool woken = false;
    for (unsigned i = 0; i < count; i++) {
        wait_entry_unlink(&entries[i]);
        woken = woken || entries[i].woken;
    }
    return woken;
}

/* Why not to sleep: 0 or -errno. */
static int wait_refused(const struct process *current, uint64_t deadline_ns)
{
    if (current->private->signal_pending && !current->private->uninterruptible && process_signal_pending())
        return -ERESTARTSYS;
    return deadline_ns != WAIT_FOREVER && clock_monotonic_ns() >= deadline_ns ? -ETIMEDOUT : 0;
}

/* What the sleep of `woken` means to the caller. */
static int wait_ended(const struct process *current, bool woken)
{
    if (woken)
        return 0;
    return current->private->signal_pending && process_signal_pending() ? -ERESTARTSYS : -ETIMEDOUT;
}

int wait_queue_sleep_many(struct wait_queue *const *queues, unsigned count, uint64_t deadline_ns)
{
    struct wait_entry few[ENTRIES_ON_STACK], *entries = few;
    const struct process *current = cpu_this()->current;
    int status = wait_refused(current, deadline_ns);
    if (status < 0)
        return status;
    if (count > ENTRIES_ON_STACK) {
        entries = heap_allocate(count * sizeof(*entries));
        if (!entries)
            return -ENOMEM;
    }
    bool woken = wait_entries_sleep(entries, queues, count, deadline_ns);
    if (entries != few)
        heap_free(entries);
    return wait_ended(current, woken);
}

int wait_queue_sleep(struct wait_queue *queue, uint64_t deadline_ns)
{
    struct wait_entry entry;
    const struct process *current = cpu_this()->current;
    int status = wait_refused(current, deadline_ns);
    return status < 0 ? status : wait_ended(current, wait_entries_sleep(&entry, &queue, 1, deadline_ns));
}

void wait_queue_wake(struct wait_queue *queue)
{
    spinlock_take(&queue->lock);
    for (struct wait_entry *entry = queue->first; entry; entry = entry->next) {
        if (entry->process) {
            entry->woken = true;
            scheduler_wake(entry->process);
        } else {
            entry->notify(entry);
        }
    }
    spinlock_release(&queue->lock);
}

void wait_queue_wake_one(struct wait_queue *queue)
{
    spinlock_take(&queue->lock);
    /* New sleepers stand first: the last one has waited longest. */
    struct wait_entry *oldest = 0;
    for (struct wait_entry *entry = queue->first; entry; entry = entry->next)
        if (!entry->process)
            entry->notify(entry);
        else if (!entry->woken)
            oldest = entry;
    if (oldest) {
        oldest->woken = true;
        scheduler_wake(oldest->process);
    }
    spinlock_release(&queue->lock);
}

void wait_queue_watch(struct wait_queue *queue, struct wait_entry *entry, void (*notify)(struct wait_entry *),
                      void *context)
{
    entry->process = 0;
    entry->notify = notify;
    entry->context = context;
    wait_entry_link(queue, entry);
}

void wait_queue_unwatch(struct wait_entry *entry)
{
    if (!entry->queue)
        return;
    wait_entry_unlink(entry);
    entry->queue = 0;
}

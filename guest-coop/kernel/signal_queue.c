/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queues of signals, whose entries are counted for each user: by that RLIMIT_SIGPENDING is kept.
 */
#include "kernel/signal_queue.h"
#include "kernel/limits.h"
#include "kernel/process_private.h"
#include "kernel/process_timer.h"
#include "kernel/signal_set.h"
#include "kernel/user_count.h"
#include "memory/heap.h"

bool signal_queue_count(struct signal_queued *entry, const struct process *receiver)
{
    struct user_count *user = user_count_get(receiver->uid);
    if (!user)
        return false;
    if (user->signals >= limits_of(receiver, LIMIT_SIGNALS)->soft) {
        user_count_settle(user);
        return false;
    }
    user->signals++;
    entry->user = user;
    return true;
}

void signal_queue_uncount(struct signal_queued *entry)
{
    struct user_count *user = entry->user;
    entry->user = 0;
    if (!user)
        return;
    user->signals--;
    user_count_settle(user);
}

struct signal_queued *signal_queue_allocate(const struct process *receiver)
{
    struct signal_queued *entry = heap_allocate(sizeof(*entry));
    if (!entry || signal_queue_count(entry, receiver))
        return entry;
    heap_free(entry);
    return 0;
}

void signal_queue_append(struct signal_queue *queue, struct signal_queued *entry, unsigned signal)
{
    entry->next = 0;
    entry->signal = signal;
    entry->queued = true;
    if (queue->first)
        queue->last->next = entry;
    else
        queue->first = entry;
    queue->last = entry;
}

/* Takes out what stands after `previous` (NULL: the first). */
static struct signal_queued *signal_queue_unlink(struct signal_queue *queue, struct signal_queued *previous)
{
    struct signal_queued **link = previous ? &previous->next : &queue->first, *entry = *link;
    *link = entry->next;
    if (queue->last == entry)
        queue->last = previous;
    entry->queued = false;
    return entry;
}

/* What becomes of an entry that was taken out: a timer goes on. */
static void signal_queue_settle(struct signal_queued *entry)
{
    if (entry->timer) {
        process_timer_taken(entry->timer);
        return;
    }
    signal_queue_uncount(entry);
    heap_free(entry);
}

bool signal_queue_take(struct signal_queue *queue, unsigned signal, struct signal_information *information)
{
    struct signal_queued *previous = 0, *entry = queue->first;
    for (; entry && entry->signal != signal; entry = entry->next)
        previous = entry;
    if (!entry)
        return false;
    signal_queue_unlink(queue, previous);
    if (entry->timer)
        process_timer_describe(entry->timer);
    *information = entry->information;
    signal_queue_settle(entry);
    return true;
}

bool signal_queue_holds(const struct signal_queue *queue, unsigned signal)
{
    const struct signal_queued *entry = queue->first;
    while (entry && entry->signal != signal)
        entry = entry->next;
    return entry;
}

bool signal_queue_remove(struct signal_queue *queue, struct signal_queued *wanted)
{
    struct signal_queued *previous = 0, *entry = queue->first;
    for (; entry && entry != wanted; entry = entry->next)
        previous = entry;
    if (entry)
        signal_queue_unlink(queue, previous);
    return entry;
}

void signal_queue_discard(struct signal_queue *queue, uint64_t set)
{
    struct signal_queued *previous = 0, *entry = queue->first;
    while (entry) {
        struct signal_queued *next = entry->next;
        if (set & signal_bit(entry->signal))
            signal_queue_settle(signal_queue_unlink(queue, previous));
        else
            previous = entry;
        entry = next;
    }
}

void signal_queue_move(struct signal_queue *from, struct signal_queue *to, uint64_t set)
{
    struct signal_queued *previous = 0, *entry = from->first;
    while (entry) {
        struct signal_queued *next = entry->next;
        if (set & signal_bit(entry->signal))
            signal_queue_append(to, signal_queue_unlink(from, previous), entry->signal);
        else
            previous = entry;
        entry = next;
    }
}

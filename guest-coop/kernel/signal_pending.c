/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is pending: a set per thread, and one per process for what all its threads block when it comes. Standard signals
 * are pending once, with what they say in a slot each; real-time ones, and those of timers, stand in a queue as often
 * as they were sent.
 */
#include "kernel/signal.h"
#include "kernel/errno.h"
#include "kernel/thread.h"
#include "memory/heap.h"

/* What a signal says whose words found no room. */
static const struct signal_information signal_lost_information = {.code = SIGNAL_CODE_USER};

void signal_pull(struct process_private *private)
{
    struct process_private *leader = private->leader->private;
    uint64_t taken = leader->signal_shared & ~private->signal_blocked & ~private->signal_pending;
    leader->signal_shared &= ~taken;
    private->signal_pending |= taken;
    private->signal_queue.plain |= leader->signal_shared_queue.plain & taken;
    leader->signal_shared_queue.plain &= ~taken;
    if (leader->signal_shared_queue.first)
        signal_queue_move(&leader->signal_shared_queue, &private->signal_queue, taken);
    private->signal_given |= taken;
    for (taken &= private->signal_queue.plain & ((1ul << SIGNAL_SLOTS) - 1); taken; taken &= taken - 1)
        private->information[__builtin_ctzl(taken)] = signal_lost_information;
}

int signal_put_queued(struct process *thread, bool shared, unsigned signal,
                      const struct signal_information *information, struct signal_queued *entry)
{
    struct process_private *private = thread->private;
    uint64_t *set = shared ? &private->signal_shared : &private->signal_pending;
    struct signal_queue *queue = shared ? &private->signal_shared_queue : &private->signal_queue;
    if (shared && signal < SIGNAL_REAL_TIME && !entry) {
        if (*set & signal_bit(signal))
            return 0;
        /* The slots are those of what was sent to the thread. */
        entry = heap_allocate(sizeof(*entry));
        if (entry)
            entry->information = *information;
    }
    if (signal >= SIGNAL_REAL_TIME && !entry) {
        entry = signal_queue_allocate(thread);
        /* kill(2) never fails for want of room: what it says is lost then. */
        if (!entry && information->code != SIGNAL_CODE_USER)
            return -EAGAIN;
        if (entry)
            entry->information = *information;
    }
    if (entry)
        signal_queue_append(queue, entry, signal);
    else if (shared)
        queue->plain |= signal_bit(signal);
    else
        signal_keep(private, queue, signal, information);
    *set |= signal_bit(signal);
    return 0;
}

/* Takes one of that number out of a set and its queue. */
static void signal_take_from(struct process_private *private, uint64_t *set, struct signal_queue *queue,
                             unsigned signal, struct signal_information *information)
{
    if (!queue->first || !signal_queue_take(queue, signal, information)) {
        bool kept = signal <= SIGNAL_SLOTS && queue == &private->signal_queue;
        *information = kept ? private->information[signal - 1] : signal_lost_information;
        queue->plain &= ~signal_bit(signal);
    }
    if (!(queue->plain & signal_bit(signal)) && !(queue->first && signal_queue_holds(queue, signal)))
        *set &= ~signal_bit(signal);
}

void signal_take_queued(struct process_private *private, unsigned signal, struct signal_information *information)
{
    signal_take_from(private, &private->signal_pending, &private->signal_queue, signal, information);
}

unsigned signal_dequeue(uint64_t wanted, struct signal_information *information)
{
    struct process *current = process_current();
    struct process_private *own = current->private, *leader = own->leader->private;
    unsigned signal = signal_set_next(own->signal_pending & wanted, 0);
    if (signal) {
        signal_take(own, signal, information);
    } else {
        signal = signal_set_next(leader->signal_shared & wanted, 0);
        if (!signal)
            return 0;
        signal_take_from(leader, &leader->signal_shared, &leader->signal_shared_queue, signal, information);
    }
    signal_update(current);
    return signal;
}

static void signal_discard_from(uint64_t *set, struct signal_queue *queue, uint64_t discarded)
{
    *set &= ~discarded;
    queue->plain &= ~discarded;
    if (queue->first)
        signal_queue_discard(queue, discarded);
}

void signal_discard_own(struct process_private *private)
{
    signal_discard_from(&private->signal_pending, &private->signal_queue, ~0ul);
}

void signal_discard(struct process *leader, uint64_t set)
{
    signal_discard_from(&leader->private->signal_shared, &leader->private->signal_shared_queue, set);
    for (struct process *thread = leader; thread; thread = thread_next(thread))
        signal_discard_from(&thread->private->signal_pending, &thread->private->signal_queue, set);
}

/* False when the entry is not in this queue. */
static bool signal_withdraw_from(uint64_t *set, struct signal_queue *queue, struct signal_queued *entry)
{
    if (!signal_queue_remove(queue, entry))
        return false;
    if (!(queue->plain & signal_bit(entry->signal)) && !signal_queue_holds(queue, entry->signal))
        *set &= ~signal_bit(entry->signal);
    return true;
}

void signal_withdraw(struct process *leader, struct signal_queued *entry)
{
    struct process_private *private = leader->private;
    if (signal_withdraw_from(&private->signal_shared, &private->signal_shared_queue, entry))
        return;
    for (struct process *thread = leader; thread; thread = thread_next(thread)) {
        private = thread->private;
        if (!signal_withdraw_from(&private->signal_pending, &private->signal_queue, entry))
            continue;
        signal_update(thread);
        return;
    }
}

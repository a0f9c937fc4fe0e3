/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Futexes are keyed by the frame and offset of the word, so that shared memory works between processes. The sleepers
 * of all words share a few queues and look again when woken.
 */
#include "kernel/futex.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include "kernel/wait.h"
#include "memory/address_space.h"
#include "memory/page_table.h"
#include "memory/user_copy.h"

#define QUEUES 64

struct futex_waiter {
    struct futex_waiter *next;
    uint64_t key;
    bool woken;
};

struct futex_queue {
    struct wait_queue queue;
    struct futex_waiter *first; /* newest first */
};

static struct futex_queue futex_queues[QUEUES];

/* The word's identity; 0 when it is not mapped. Reading it first makes the page present. */
static uint64_t futex_key(uint64_t address)
{
    uint64_t *slot = page_table_find(process_current()->space->root, address);
    return slot && page_present(*slot) ? page_frame(*slot) | (address & (X86_PAGE_BYTES - 1)) : 0;
}

static struct futex_queue *futex_queue_of(uint64_t key)
{
    return &futex_queues[(key >> 2) % QUEUES];
}

static void futex_unlink(struct futex_queue *queue, struct futex_waiter *waiter)
{
    struct futex_waiter **link = &queue->first;
    while (*link != waiter)
        link = &(*link)->next;
    *link = waiter->next;
}

long futex_wait(uint64_t address, uint32_t value, uint64_t deadline_ns)
{
    uint32_t current;
    if (address & 3)
        return -EINVAL;
    if (user_copy_in(&current, address, sizeof(current)))
        return -EFAULT;
    if (current != value)
        return -EAGAIN;
    struct futex_waiter waiter = {.key = futex_key(address)};
    struct futex_queue *queue = futex_queue_of(waiter.key);
    waiter.next = queue->first;
    queue->first = &waiter;
    int status = 0;
    while (!waiter.woken && status == 0)
        status = wait_queue_sleep(&queue->queue, deadline_ns);
    futex_unlink(queue, &waiter);
    return waiter.woken ? 0 : status;
}

long futex_wake(uint64_t address, uint32_t count)
{
    uint32_t current;
    long woken = 0;
    if (user_copy_in(&current, address, sizeof(current)))
        return -EFAULT;
    uint64_t key = futex_key(address);
    struct futex_queue *queue = futex_queue_of(key);
    for (struct futex_waiter *waiter = queue->first; waiter && woken < count; waiter = waiter->next) {
        if (waiter->key != key || waiter->woken)
            continue;
        waiter->woken = true;
        woken++;
    }
    if (woken)
        wait_queue_wake(&queue->queue);
    return woken;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Futexes. A word of private memory is known by its address space and address, one of shared memory by its frame, so
 * that other processes find it. Sleepers stand in a few lists, the longest waiting first, each with a queue of its own.
 */
#include "kernel/futex.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include "kernel/wait.h"
#include "memory/address_space.h"
#include "memory/page_table.h"
#include "memory/user_copy.h"

#define LISTS 64

struct futex_key {
    uint64_t space; /* 0: shared */
    uint64_t place; /* address, or frame and offset */
};

struct futex_waiter {
    struct futex_waiter *next, *previous;
    struct futex_list *list;
    struct futex_key key;
    uint32_t bits;
    bool woken;
    struct wait_queue queue;
};

struct futex_list {
    struct futex_waiter *first, *last;
};

static struct futex_list futex_lists[LISTS];

/* Reading the word makes its page present. 0, -EINVAL or -EFAULT. */
static int futex_find(uint64_t address, bool private, uint32_t *value, struct futex_key *key)
{
    struct address_space *space = process_current()->space;
    if (address & 3)
        return -EINVAL;
    if (user_copy_in(value, address, sizeof(*value)))
        return -EFAULT;
    *key = (struct futex_key){(uint64_t)space, address};
    const struct area *area = private ? 0 : area_find(&space->areas, address);
    if (!area || !(area->flags & AREA_SHARED))
        return 0;
    const uint64_t *slot = page_table_find(space->root, address);
    if (!slot || !page_present(*slot))
        return -EFAULT;
    *key = (struct futex_key){0, page_frame(*slot) | (address & (X86_PAGE_BYTES - 1))};
    return 0;
}

static struct futex_list *futex_list_of(const struct futex_key *key)
{
    return &futex_lists[((key->place >> 2) ^ (key->space >> 6)) % LISTS];
}

static bool futex_same(const struct futex_key *a, const struct futex_key *b)
{
    return a->place == b->place && a->space == b->space;
}

static void futex_link(struct futex_waiter *waiter, const struct futex_key *key)
{
    struct futex_list *list = futex_list_of(key);
    waiter->key = *key;
    waiter->list = list;
    waiter->next = 0;
    waiter->previous = list->last;
    if (list->last)
        list->last->next = waiter;
    else
        list->first = waiter;
    list->last = waiter;
}

static void futex_unlink(struct futex_waiter *waiter)
{
    struct futex_list *list = waiter->list;
    if (waiter->previous)
        waiter->previous->next = waiter->next;
    else
        list->first = waiter->next;
    if (waiter->next)
        waiter->next->previous = waiter->previous;
    else
        list->last = waiter->previous;
    waiter->list = 0;
}

static void futex_wake_waiter(struct futex_waiter *waiter)
{
    futex_unlink(waiter);
    waiter->woken = true;
    wait_queue_wake(&waiter->queue);
}

/* As wait_queue_sleep; a clock that is set meanwhile wakes it, too. */
static int futex_sleep(struct wait_queue *queue, const struct futex_limit *limit)
{
    if (limit->kind == TIME_BASE_MONOTONIC)
        return wait_queue_sleep(queue, limit->at_ns);
    const struct time_base base = {.kind = limit->kind};
    struct wait_queue *queues[] = {queue, clock_changes()};
    return wait_queue_sleep_many(queues, 2, time_base_deadline(&base, limit->at_ns));
}

long futex_wait(uint64_t address, uint32_t value, const struct futex_limit *limit, uint32_t bits, bool private)
{
    struct futex_waiter waiter = {.bits = bits};
    struct futex_key key;
    uint32_t current;
    if (bits == 0)
        return -EINVAL;
    int status = futex_find(address, private, &current, &key);
    if (status < 0)
        return status;
    if (current != value)
        return -EAGAIN;
    futex_link(&waiter, &key);
    while (!waiter.woken && status == 0)
        status = futex_sleep(&waiter.queue, limit);
    if (waiter.list)
        futex_unlink(&waiter);
    return waiter.woken ? 0 : status;
}

long futex_wake(uint64_t address, uint32_t count, uint32_t bits, bool private)
{
    struct futex_key key;
    uint32_t current;
    long woken = 0;
    if (bits == 0)
        return -EINVAL;
    int status = futex_find(address, private, &current, &key);
    if (status < 0)
        return status;
    struct futex_waiter *next;
    for (struct futex_waiter *waiter = futex_list_of(&key)->first; waiter && woken < count; waiter = next) {
        next = waiter->next;
        if (!futex_same(&waiter->key, &key) || !(waiter->bits & bits))
            continue;
        futex_wake_waiter(waiter);
        woken++;
    }
    return woken;
}

long futex_requeue(uint64_t address, uint32_t wake, uint32_t move, uint64_t target, const uint32_t *compare,
                   bool private)
{
    struct futex_key key, target_key;
    uint32_t current, ignored;
    int status = futex_find(target, private, &ignored, &target_key);
    if (status == 0)
        status = futex_find(address, private, &current, &key);
    if (status < 0)
        return status;
    if (compare && current != *compare)
        return -EAGAIN;
    bool same = futex_same(&key, &target_key);
    uint32_t woken = 0, moved = 0;
    struct futex_waiter *next;
    for (struct futex_waiter *waiter = futex_list_of(&key)->first; waiter && woken + moved < (uint64_t)wake + move;
         waiter = next) {
        next = waiter->next;
        if (!futex_same(&waiter->key, &key))
            continue;
        if (woken < wake) {
            futex_wake_waiter(waiter);
            woken++;
        } else {
            if (!same) {
                futex_unlink(waiter);
                futex_link(waiter, &target_key);
            }
            moved++;
        }
    }
    return (long)woken + moved;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One list of all locks. Setting a range first takes it out of whatever the owner had there, splitting and shortening,
 * then joins it with equal neighbours. Who waits is written down, so that a circle of waiters is refused.
 */
#include "fs/file_lock.h"

#include "fs/linux_abi.h"
#include "kernel/errno.h"
#include "kernel/wait.h"
#include "memory/heap.h"

#define FILE_LOCK_LIMIT 65536u

struct file_lock_waiter {
    struct file_lock_waiter *next;
    const void *owner, *waits_for;
};

uint32_t file_lock_count;
static struct file_lock *file_locks;
static struct file_lock_waiter *file_lock_waiters;
static struct wait_queue file_lock_queue = WAIT_QUEUE_INITIALISER;

static bool file_lock_same_owner(const struct file_lock *a, const struct file_lock *b)
{
    return a->object == b->object && a->owner == b->owner && a->kind == b->kind;
}

static bool file_lock_overlap(const struct file_lock *a, const struct file_lock *b)
{
    return a->start <= b->last && b->start <= a->last;
}

const struct file_lock *file_lock_conflict(const struct file_lock *wanted)
{
    for (const struct file_lock *lock = file_locks; lock; lock = lock->next) {
        bool sees = (lock->kind == FILE_LOCK_WHOLE) == (wanted->kind == FILE_LOCK_WHOLE);
        if (lock->object == wanted->object && sees && !file_lock_same_owner(lock, wanted) &&
            file_lock_overlap(lock, wanted) && (lock->type == ABI_F_WRLCK || wanted->type == ABI_F_WRLCK))
            return lock;
    }
    return NULL;
}

static void file_lock_remove(struct file_lock **slot)
{
    struct file_lock *lock = *slot;
    *slot = lock->next;
    heap_free(lock);
    file_lock_count--;
}

static void file_lock_insert(struct file_lock *lock)
{
    lock->next = file_locks;
    file_locks = lock;
    file_lock_count++;
}

/* Takes the range out of what its owner has; `spare` is used up when a lock falls into two. */
static void file_lock_cut(const struct file_lock *range, struct file_lock **spare)
{
    for (struct file_lock **slot = &file_locks; *slot;) {
        struct file_lock *lock = *slot;
        if (!file_lock_same_owner(lock, range) || !file_lock_overlap(lock, range)) {
            slot = &lock->next;
            continue;
        }
        bool keeps_left = lock->start<range->start, keeps_right = lock->last> range->last;
        if (keeps_left && keeps_right) {
            struct file_lock *right = *spare;
            *right = *lock;
            right->start = range->last + 1;
            *spare = NULL;
            lock->last = range->start - 1;
            file_lock_insert(right);
            return; /* the owner's locks do not overlap: no other can */
        }
        if (keeps_left)
            lock->last = range->start - 1;
        else if (keeps_right)
            lock->start = range->last + 1;
        if (keeps_left || keeps_right)
            slot = &lock->next;
        else
            file_lock_remove(slot);
    }
}

/* Swallows the owner's locks of the same type that touch it. */
static void file_lock_join(struct file_lock *made)
{
    for (struct file_lock **slot = &file_locks; *slot;) {
        struct file_lock *lock = *slot;
        bool before = lock->last != UINT64_MAX && lock->last + 1 == made->start;
        bool behind = made->last != UINT64_MAX && made->last + 1 == lock->start;
        if (lock == made || lock->type != made->type || !file_lock_same_owner(lock, made) || !(before || behind)) {
            slot = &lock->next;
            continue;
        }
        if (before)
            made->start = lock->start;
        else
            made->last = lock->last;
        file_lock_remove(slot);
    }
}

static int file_lock_apply(const struct file_lock *wanted)
{
    struct file_lock *made = NULL, *spare = NULL;
    if (file_lock_count >= FILE_LOCK_LIMIT && wanted->type != ABI_F_UNLCK)
        return -ENOLCK;
    if (wanted->type != ABI_F_UNLCK)
        made = heap_allocate(sizeof(*made));
    spare = heap_allocate(sizeof(*spare));
    if (!spare || (!made && wanted->type != ABI_F_UNLCK)) {
        heap_free(made);
        heap_free(spare);
        return -ENOLCK;
    }
    file_lock_cut(wanted, &spare);
    heap_free(spare);
    if (made) {
        *made = *wanted;
        file_lock_insert(made);
        file_lock_join(made);
    }
    wait_queue_wake(&file_lock_queue);
    return 0;
}

/* Would waiting for this owner be waiting for oneself? */
static bool file_lock_is_circle(const void *owner, const void *waits_for)
{
    for (unsigned steps = 0; waits_for != owner; steps++) {
        struct file_lock_waiter *waiter = file_lock_waiters;
        while (waiter && waiter->owner != waits_for)
            waiter = waiter->next;
        if (!waiter || steps == FILE_LOCK_LIMIT)
            return false;
        waits_for = waiter->waits_for;
    }
    return true;
}

static int file_lock_wait(const struct file_lock *wanted, const struct file_lock *conflict)
{
    struct file_lock_waiter waiter = {file_lock_waiters, wanted->owner, conflict->owner};
    if (wanted->kind == FILE_LOCK_PROCESS && file_lock_is_circle(wanted->owner, conflict->owner))
        return -EDEADLK;
    file_lock_waiters = &waiter;
    int status = wait_queue_sleep(&file_lock_queue, WAIT_FOREVER);
    struct file_lock_waiter **slot = &file_lock_waiters;
    while (*slot != &waiter)
        slot = &(*slot)->next;
    *slot = waiter.next;
    return status;
}

int file_lock_set(const struct file_lock *wanted, bool wait)
{
    const struct file_lock *conflict;
    while (wanted->type != ABI_F_UNLCK && (conflict = file_lock_conflict(wanted))) {
        int status = wait ? file_lock_wait(wanted, conflict) : -EAGAIN;
        if (status)
            return status;
    }
    return file_lock_apply(wanted);
}

/* Drops all of an owner's; with an object only those on it. */
static void file_lock_drop(const void *owner, const void *object, bool of_process)
{
    bool any = false;
    for (struct file_lock **slot = &file_locks; *slot;) {
        struct file_lock *lock = *slot;
        if (lock->owner != owner || lock->object != object || (lock->kind == FILE_LOCK_PROCESS) != of_process) {
            slot = &lock->next;
            continue;
        }
        file_lock_remove(slot);
        any = true;
    }
    if (any)
        wait_queue_wake(&file_lock_queue);
}

void file_lock_closed(const struct file *file, const void *files)
{
    file_lock_drop(files, file_lock_object(file), true);
}

void file_lock_released(const struct file *file)
{
    file_lock_drop(file, file_lock_object(file), false);
}

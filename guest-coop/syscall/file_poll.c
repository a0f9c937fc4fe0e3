/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * poll: look at every file; when none is ready, sleep on the wait queues of all and look again.
 */
#include "syscall/file_poll.h"

#include "fs/file.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include "kernel/process_private.h"
#include "kernel/wait.h"
#include "memory/heap.h"
#include "memory/user_copy.h"
#include "syscall/file_calls.h"

#define FILE_SIGKILL 9
#define FILE_SIGSTOP 19

long file_poll_set_start(struct file_poll_set *set, uint64_t count)
{
    if (count > FILES_LIMIT)
        return -EINVAL;
    set->count = (uint32_t)count;
    set->entries = set->few_entries;
    set->queues = set->few_queues;
    if (count <= FILE_POLL_FEW)
        return 0;
    set->entries = heap_allocate(count * sizeof(*set->entries));
    set->queues = heap_allocate(2 * count * sizeof(struct wait_queue *));
    if (set->entries && set->queues)
        return 0;
    heap_free(set->entries);
    heap_free(set->queues);
    return -ENOMEM;
}

void file_poll_set_finish(struct file_poll_set *set)
{
    if (set->entries == set->few_entries)
        return;
    heap_free(set->entries);
    heap_free(set->queues);
}

/* What one file says; the queues to wait on are added. */
static uint16_t file_poll_look(const struct abi_pollfd *entry, struct wait_queue **queues, uint32_t *queue_count)
{
    struct file_poll poll = {ABI_POLLIN | ABI_POLLOUT, NULL, NULL};
    struct file *file = files_borrow(entry->descriptor);

    if (!file || (file->flags & ABI_O_PATH))
        return ABI_POLLNVAL;
    /* Files without the operation are always ready. */
    if (file->operations->poll)
        file->operations->poll(file, &poll);
    if (poll.queue)
        queues[(*queue_count)++] = poll.queue;
    if (poll.queue2)
        queues[(*queue_count)++] = poll.queue2;
    return (uint16_t)(poll.events & (entry->events | ABI_POLLERR | ABI_POLLHUP));
}

/* One look at all: how many are ready. */
static long file_poll_scan(struct file_poll_set *set, uint32_t *queue_count)
{
    long ready = 0;

    *queue_count = 0;
    if (process_current()->held)
        files_release_held();
    for (uint32_t i = 0; i < set->count; i++) {
        struct abi_pollfd *entry = &set->entries[i];
        entry->returned = entry->descriptor < 0 ? 0 : file_poll_look(entry, set->queues, queue_count);
        ready += entry->returned != 0;
    }
    return ready;
}

long file_poll_wait(struct file_poll_set *set, uint64_t deadline_ns)
{
    for (;;) {
        uint32_t queue_count;
        long ready = file_poll_scan(set, &queue_count);
        if (ready || !deadline_ns)
            return ready;
        int status = wait_queue_sleep_many(set->queues, queue_count, deadline_ns);
        if (status == -ETIMEDOUT)
            return file_poll_scan(set, &queue_count);
        if (status)
            return status == -ERESTARTSYS ? -ERESTARTNOHAND : status;
    }
}

uint64_t file_poll_deadline(uint64_t seconds, uint64_t nanoseconds)
{
    uint64_t ns;

    if (seconds == 0 && nanoseconds == 0)
        return 0;
    if (__builtin_mul_overflow(seconds, 1000000000ull, &ns) || __builtin_add_overflow(ns, nanoseconds, &ns) ||
        __builtin_add_overflow(ns, clock_monotonic_ns(), &ns))
        return WAIT_FOREVER;
    return ns;
}

long file_poll_timespec(uint64_t user_timespec, uint64_t *deadline_ns)
{
    struct abi_timespec time;

    *deadline_ns = WAIT_FOREVER;
    if (!user_timespec)
        return 0;
    if (user_copy_in(&time, user_timespec, sizeof(time)))
        return -EFAULT;
    if (time.seconds < 0 || time.nanoseconds < 0 || time.nanoseconds >= 1000000000)
        return -EINVAL;
    *deadline_ns = file_poll_deadline((uint64_t)time.seconds, (uint64_t)time.nanoseconds);
    return 0;
}

/* ---- the signal mask that holds during ppoll and pselect6 ---- */

long file_poll_mask_set(uint64_t user_mask, uint64_t mask_bytes)
{
    struct process_private *private = process_current()->private;
    uint64_t mask;

    if (!user_mask)
        return 0;
    if (mask_bytes != sizeof(mask))
        return -EINVAL;
    if (user_copy_in(&mask, user_mask, sizeof(mask)))
        return -EFAULT;
    private->signal_saved_blocked = private->signal_blocked;
    private->signal_restore_blocked = true;
    private->signal_blocked = mask & ~(1ull << (FILE_SIGKILL - 1) | 1ull << (FILE_SIGSTOP - 1));
    return process_signal_pending() ? -ERESTARTNOHAND : 0;
}

long file_poll_mask_end(uint64_t user_mask, long status)
{
    struct process_private *private = process_current()->private;

    if (user_mask && status != -ERESTARTNOHAND && private->signal_restore_blocked) {
        private->signal_blocked = private->signal_saved_blocked;
        private->signal_restore_blocked = false;
    }
    return status;
}

/* ---- poll ---- */

static long file_poll_run(uint64_t user_entries, uint64_t count, uint64_t deadline_ns)
{
    struct file_poll_set set;
    long status = file_poll_set_start(&set, count);

    if (status)
        return status;
    if (user_copy_in(set.entries, user_entries, count * sizeof(*set.entries)))
        status = -EFAULT;
    if (status == 0)
        status = file_poll_wait(&set, deadline_ns);
    if (status >= 0 && user_copy_out(user_entries, set.entries, count * sizeof(*set.entries)))
        status = -EFAULT;
    file_poll_set_finish(&set);
    return status;
}

long file_sys_poll(const struct syscall_arguments *a)
{
    int milliseconds = (int)a->a2;
    uint64_t deadline_ns = WAIT_FOREVER;

    if (milliseconds >= 0)
        deadline_ns = file_poll_deadline((uint32_t)milliseconds / 1000, (uint64_t)(milliseconds % 1000) * 1000000);
    return file_poll_run(a->a0, (uint32_t)a->a1, deadline_ns);
}

long file_sys_ppoll(const struct syscall_arguments *a)
{
    uint64_t deadline_ns;
    long status = file_poll_timespec(a->a2, &deadline_ns);

    if (status == 0)
        status = file_poll_mask_set(a->a3, a->a4);
    if (status == 0)
        status = file_poll_run(a->a0, (uint32_t)a->a1, deadline_ns);
    return file_poll_mask_end(a->a3, status);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * poll and select: look at every file; when none is ready, sleep on the wait queues of all and look again.
 */
#include "syscall/file_calls.h"

#include "fs/file.h"
#include "fs/linux_abi.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include "kernel/process_private.h"
#include "kernel/wait.h"
#include "memory/heap.h"
#include "memory/user_copy.h"
#include <coopvirt/string.h>

/* Up to this many descriptors need no heap. */
#define FILE_POLL_FEW 8

#define FILE_SIGKILL 9
#define FILE_SIGSTOP 19

/* What is being waited for. */
struct file_poll_set {
    struct abi_pollfd *entries;
    struct wait_queue **queues; /* room for two an entry */
    uint32_t count;
    struct abi_pollfd few_entries[FILE_POLL_FEW];
    struct wait_queue *few_queues[2 * FILE_POLL_FEW];
};

static long file_poll_set_start(struct file_poll_set *set, uint64_t count)
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

static void file_poll_set_finish(struct file_poll_set *set)
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
    for (uint32_t i = 0; i < set->count; i++) {
        struct abi_pollfd *entry = &set->entries[i];
        entry->returned = entry->descriptor < 0 ? 0 : file_poll_look(entry, set->queues, queue_count);
        ready += entry->returned != 0;
    }
    return ready;
}

/* Waits until one is ready or the clock reaches the deadline (0: only looks): how many are ready, or -errno. */
static long file_poll_wait(struct file_poll_set *set, uint64_t deadline_ns)
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

/* A relative time as a deadline. */
static uint64_t file_poll_deadline(uint64_t seconds, uint64_t nanoseconds)
{
    uint64_t ns;

    if (seconds == 0 && nanoseconds == 0)
        return 0;
    if (__builtin_mul_overflow(seconds, 1000000000ull, &ns) || __builtin_add_overflow(ns, nanoseconds, &ns) ||
        __builtin_add_overflow(ns, clock_monotonic_ns(), &ns))
        return WAIT_FOREVER;
    return ns;
}

/* A struct timespec, or none for ever: 0 or -errno. */
static long file_poll_timespec(uint64_t user_timespec, uint64_t *deadline_ns)
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

static long file_poll_mask_set(uint64_t user_mask, uint64_t mask_bytes)
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

/* After an interruption the signal's delivery still needs the mask and restores it itself. */
static long file_poll_mask_end(uint64_t user_mask, long status)
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

/* ---- select ---- */

#define FILE_SELECT_WORDS (FILES_LIMIT / 64)

/* The three sets of select: to read, to write, exceptional. */
struct file_select {
    uint64_t user[3];
    uint64_t bits[3][FILE_SELECT_WORDS];
    uint32_t words;
};

static const uint32_t file_select_events[3] = {ABI_POLLIN, ABI_POLLOUT, ABI_POLLPRI};
static const uint32_t file_select_ready[3] = {ABI_POLLIN | ABI_POLLHUP | ABI_POLLERR, ABI_POLLOUT | ABI_POLLERR,
                                              ABI_POLLPRI};

static bool file_select_bit(const struct file_select *select, unsigned which, uint32_t descriptor)
{
    return select->bits[which][descriptor / 64] >> descriptor % 64 & 1;
}

static long file_select_in(struct file_select *select, uint32_t count)
{
    select->words = (count + 63) / 64;
    memset(select->bits, 0, sizeof(select->bits));
    for (unsigned which = 0; which < 3; which++) {
        if (select->user[which] && user_copy_in(select->bits[which], select->user[which], select->words * 8ul))
            return -EFAULT;
    }
    return 0;
}

/* The events that the sets ask of a descriptor. */
static uint32_t file_select_asked(const struct file_select *select, uint32_t descriptor)
{
    uint32_t events = 0;
    for (unsigned which = 0; which < 3; which++)
        events |= file_select_bit(select, which, descriptor) ? file_select_events[which] : 0;
    return events;
}

static long file_select_set(const struct file_select *select, uint32_t count, struct file_poll_set *set)
{
    uint32_t used = 0;

    for (uint32_t i = 0; i < count; i++)
        used += file_select_asked(select, i) != 0;
    long status = file_poll_set_start(set, used);
    if (status)
        return status;
    used = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t events = file_select_asked(select, i);
        if (events)
            set->entries[used++] = (struct abi_pollfd){(int32_t)i, (uint16_t)events, 0};
    }
    return 0;
}

/* The sets as they are given back: how many bits are set, or -EBADF. */
static long file_select_results(struct file_select *select, const struct file_poll_set *set)
{
    uint64_t asked[3][FILE_SELECT_WORDS];
    long ready = 0;

    memcpy(asked, select->bits, sizeof(asked));
    memset(select->bits, 0, sizeof(select->bits));
    for (uint32_t i = 0; i < set->count; i++) {
        const struct abi_pollfd *entry = &set->entries[i];
        uint32_t word = (uint32_t)entry->descriptor / 64;
        uint64_t bit = 1ull << (uint32_t)entry->descriptor % 64;
        if (entry->returned & ABI_POLLNVAL)
            return -EBADF;
        for (unsigned which = 0; which < 3; which++) {
            if ((asked[which][word] & bit) && (entry->returned & file_select_ready[which])) {
                select->bits[which][word] |= bit;
                ready++;
            }
        }
    }
    return ready;
}

static long file_select_out(const struct file_select *select, long ready)
{
    for (unsigned which = 0; which < 3; which++) {
        if (select->user[which] && user_copy_out(select->user[which], select->bits[which], select->words * 8ul))
            return -EFAULT;
    }
    return ready;
}

static long file_select_run(const struct syscall_arguments *a, uint64_t deadline_ns)
{
    struct file_select *select;
    struct file_poll_set set;
    uint32_t count = a->a0 < FILES_LIMIT ? (uint32_t)a->a0 : FILES_LIMIT;

    if ((int)a->a0 < 0)
        return -EINVAL;
    select = heap_allocate(sizeof(*select));
    if (!select)
        return -ENOMEM;
    select->user[0] = a->a1;
    select->user[1] = a->a2;
    select->user[2] = a->a3;
    long status = file_select_in(select, count);
    if (status == 0)
        status = file_select_set(select, count, &set);
    if (status == 0) {
        status = file_poll_wait(&set, deadline_ns);
        if (status >= 0)
            status = file_select_results(select, &set);
        file_poll_set_finish(&set);
        if (status >= 0)
            status = file_select_out(select, status);
    }
    heap_free(select);
    return status;
}

/* Linux gives the time that is left in the place of the time to wait. */
static void file_select_left(uint64_t user_time, uint64_t deadline_ns)
{
    uint64_t now = clock_monotonic_ns(), left = deadline_ns > now ? deadline_ns - now : 0;
    struct abi_timeval time = {(int64_t)(left / 1000000000), (int64_t)(left % 1000000000 / 1000)};

    /* Memory that cannot be written (a constant) is left as it is. */
    (void)!user_copy_out(user_time, &time, sizeof(time));
}

long file_sys_select(const struct syscall_arguments *a)
{
    struct abi_timeval time;

    if (!a->a4)
        return file_select_run(a, WAIT_FOREVER);
    if (user_copy_in(&time, a->a4, sizeof(time)))
        return -EFAULT;
    if (time.seconds < 0 || time.microseconds < 0)
        return -EINVAL;
    uint64_t seconds = (uint64_t)time.seconds + (uint64_t)time.microseconds / 1000000;
    uint64_t deadline_ns = file_poll_deadline(seconds, (uint64_t)time.microseconds % 1000000 * 1000);
    long status = file_select_run(a, deadline_ns);
    file_select_left(a->a4, deadline_ns);
    return status;
}

/* The sixth argument is a pair: the mask's address and its size. */
long file_sys_pselect6(const struct syscall_arguments *a)
{
    uint64_t mask[2] = {0, 0}, deadline_ns;

    if (a->a5 && user_copy_in(mask, a->a5, sizeof(mask)))
        return -EFAULT;
    long status = file_poll_timespec(a->a4, &deadline_ns);
    if (status == 0)
        status = file_poll_mask_set(mask[0], mask[1]);
    if (status == 0)
        status = file_select_run(a, deadline_ns);
    return file_poll_mask_end(mask[0], status);
}

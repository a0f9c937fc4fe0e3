/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * select: its three sets of bits become the entries of a poll, and the answers bits again.
 */
#include "syscall/file_poll.h"

#include "fs/file.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/wait.h"
#include "memory/heap.h"
#include "memory/user_copy.h"
#include "syscall/file_calls.h"
#include <coopvirt/string.h>

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

static long file_select_in(struct file_select *select, uint32_t count)
{
    select->words = (count + 63) / 64;
    memset(select->bits, 0, sizeof(select->bits));
    for (unsigned which = 0; which < 3; which++) {
        if (select->user[which] && user_copy_in(select->bits[which], select->user[which], select->words * 8ul))
            return -EFAULT;
        if (count % 64)
            select->bits[which][count / 64] &= (1ull << count % 64) - 1;
    }
    return 0;
}

/* The descriptors of a word that any set names. */
static uint64_t file_select_any(const struct file_select *select, uint32_t word)
{
    return select->bits[0][word] | select->bits[1][word] | select->bits[2][word];
}

/* The events that the sets ask of a descriptor. */
static uint32_t file_select_asked(const struct file_select *select, uint32_t word, uint64_t bit)
{
    uint32_t events = 0;
    for (unsigned which = 0; which < 3; which++)
        events |= select->bits[which][word] & bit ? file_select_events[which] : 0;
    return events;
}

static long file_select_set(const struct file_select *select, struct file_poll_set *set)
{
    uint32_t used = 0;

    for (uint32_t word = 0; word < select->words; word++)
        for (uint64_t any = file_select_any(select, word); any; any &= any - 1)
            used++;
    long status = file_poll_set_start(set, used);
    if (status)
        return status;
    struct abi_pollfd *entry = set->entries;
    for (uint32_t word = 0; word < select->words; word++) {
        for (uint64_t any = file_select_any(select, word); any; any &= any - 1) {
            uint32_t events = file_select_asked(select, word, any & -any);
            *entry++ = (struct abi_pollfd){(int32_t)(word * 64) + __builtin_ctzll(any), (uint16_t)events, 0};
        }
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
        if (!entry->returned)
            continue;
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
        status = file_select_set(select, &set);
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

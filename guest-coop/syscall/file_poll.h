/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting for files to become ready: what poll and select share.
 */
#ifndef SYSCALL_FILE_POLL_H
#define SYSCALL_FILE_POLL_H

#include "fs/linux_abi.h"
#include <stdint.h>

struct wait_queue;

/* Up to this many descriptors need no heap. */
#define FILE_POLL_FEW 8

/* What is being waited for. */
struct file_poll_set {
    struct abi_pollfd *entries;
    struct wait_queue **queues; /* room for two an entry */
    uint32_t count;
    struct abi_pollfd few_entries[FILE_POLL_FEW];
    struct wait_queue *few_queues[2 * FILE_POLL_FEW];
};

/* Makes room for `count` entries, which the caller fills: 0 or -errno. After 0 the caller calls file_poll_set_finish.
 */
long file_poll_set_start(struct file_poll_set *set, uint64_t count);
void file_poll_set_finish(struct file_poll_set *set);

/* Waits until one is ready or the clock reaches the deadline (0: only looks): how many are ready, or -errno. */
long file_poll_wait(struct file_poll_set *set, uint64_t deadline_ns);

/* A relative time as a deadline. */
uint64_t file_poll_deadline(uint64_t seconds, uint64_t nanoseconds);

/* The same from a user's struct timespec; none is for ever. 0 or -errno. */
long file_poll_timespec(uint64_t user_timespec, uint64_t *deadline_ns);

/* The signal mask that holds during ppoll and pselect6: sets it; takes it back when the call ended with `status`, which
 * is returned. After an interruption the signal's delivery still needs the mask and restores it itself. */
long file_poll_mask_set(uint64_t user_mask, uint64_t mask_bytes);
long file_poll_mask_end(uint64_t user_mask, long status);

#endif

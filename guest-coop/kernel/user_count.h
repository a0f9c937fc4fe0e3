/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is counted for a user over all of his processes, where a limit is on that: signals that are queued
 * (kernel/signal_queue.c), files on their way through sockets (fs/socket_flight.c), pages of segments that he has
 * locked (syscall/segment_calls.c), what watches files and waits to be read of them (fs/inotify.c).
 */
#ifndef KERNEL_USER_COUNT_H
#define KERNEL_USER_COUNT_H

#include <stdint.h>

struct user_count {
    struct user_count *next;
    uint32_t uid;
    uint64_t signals, files, locked;
    uint32_t instances, watches, events; /* of inotify(7) */
};

/* The user's, made where there is none yet; NULL: memory is short. Whoever counts nothing then gives it back. */
struct user_count *user_count_get(uint32_t uid);

/* Forgets a user of whom nothing is counted any more. */
void user_count_settle(struct user_count *user);

#endif

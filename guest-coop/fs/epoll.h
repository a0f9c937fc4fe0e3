/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * epoll(7): a set of files, each watched through the wait queues that its poll names.
 */
#ifndef FS_EPOLL_H
#define FS_EPOLL_H

#include "fs/file.h"

/* struct epoll_event: packed on x86-64 */
struct epoll_event {
    uint32_t events;
    uint64_t data;
} __attribute__((packed));

#define EPOLL_ADD    1
#define EPOLL_REMOVE 2
#define EPOLL_CHANGE 3

#define EPOLL_EVENTS_MOST 64 /* in one call */

/* A descriptor or -errno. */
int epoll_open(bool close_on_exec);

bool epoll_is(const struct file *file);

/* epoll_ctl(2): 0 or -errno. `event` is not looked at by EPOLL_REMOVE. */
int epoll_control(struct file *epoll_file, int operation, int descriptor, struct file *file,
                  const struct epoll_event *event);

/* Collects up to `most` events, waiting until the deadline (0: only looks) for one: how many, or -errno. */
long epoll_collect(struct file *epoll_file, struct epoll_event *events, unsigned most, uint64_t deadline_ns);

/* A file that is watched goes: called by file_release. */
void epoll_forget(struct file *file);

#endif

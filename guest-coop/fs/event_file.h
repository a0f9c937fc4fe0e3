/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events as files: eventfd(2), timerfd_create(2), signalfd(2). All return a descriptor or -errno.
 */
#ifndef FS_EVENT_FILE_H
#define FS_EVENT_FILE_H

#include "fs/file.h"

int event_counter_open(uint64_t value, bool semaphore, uint32_t flags, bool close_on_exec);

/* A timer; its times are of the real or the monotonic clock. */
int event_timer_open(bool realtime, uint32_t flags, bool close_on_exec);

/* Arms it for a time from now, or for one of its clock (`absolute`), which it follows when that is set; 0 disarms. With
 * `cancelled_by_set` who reads it is told of each such change. The setting before: interval and time left. 0, -EINVAL
 * when the file is no timer, -ECANCELED when the clock was set and nobody has been told; it is armed nevertheless. */
struct event_timer_setting {
    uint64_t interval_ns, value_ns;
};
int event_timer_set(struct file *file, bool absolute, bool cancelled_by_set, const struct event_timer_setting *setting,
                    struct event_timer_setting *before);
int event_timer_get(struct file *file, struct event_timer_setting *setting);

int event_signal_open(uint64_t mask, uint32_t flags, bool close_on_exec);
int event_signal_change(struct file *file, uint64_t mask); /* 0 or -EINVAL */

#endif

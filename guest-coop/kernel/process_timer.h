/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process's timers (timer_create(2)). When one expires it puts its own entry into a queue of signals; what more
 * expires until that is taken is counted as its overrun, and only the taking arms a periodic one anew.
 */
#ifndef KERNEL_PROCESS_TIMER_H
#define KERNEL_PROCESS_TIMER_H

#include "kernel/signal_queue.h"
#include "kernel/time_base.h"
#include "kernel/timeout.h"

struct process;

struct process_timer_setting {
    uint64_t interval_ns, left_ns; /* 0: not armed */
};

/* How it tells: `signal` 0 not at all, `thread` 0 to the process. */
struct process_timer_notice {
    unsigned signal;
    int thread;
    uint64_t value;
    bool value_is_number; /* the value is the timer's number */
};

/* The running process's timers: their number or -EAGAIN; by number, or NULL. */
int process_timer_create(const struct process_timer_notice *notice, const struct time_base *base);
struct process_timer *process_timer_find(int number);

/* Arms for a time from now, or for one of its clock (`absolute`), which it follows when that is set; 0 disarms. 0, or
 * -ESRCH: its clock is that of a process that has ended. */
int process_timer_set(struct process_timer *timer, const struct process_timer_setting *setting, bool absolute);
void process_timer_get(struct process_timer *timer, struct process_timer_setting *setting);
int process_timer_overrun(const struct process_timer *timer);

void process_timer_delete(struct process_timer *timer);

/* Deletes all of a process's: exec and exit. */
void process_timer_delete_all(struct process *leader);

/* kernel/signal_queue.c: fills in the overrun of an entry that is being taken; its entry is free again. */
void process_timer_describe(struct process_timer *timer);
void process_timer_taken(struct process_timer *timer);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of limits, copied when a process that shares one changes it; and the limits that are kept here: on a user's
 * processes, and on a process's time.
 */
#include "kernel/limits.h"
#include "fs/file.h"
#include "kernel/capability.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/process_list.h"
#include "kernel/signal_set.h"
#include "memory/heap.h"
#include "memory/layout.h"

#define SIGNALS_QUEUED   1024u
#define PROCESSES_MOST   4096u
#define MESSAGE_BYTES    819200u
#define LOCKED_BYTES     (8ul << 20)
#define NS_PER_SECOND    1000000000ul
#define LOOK_AGAIN_NS    10000000ul
#define EVERYTHING       {LIMIT_INFINITE, LIMIT_INFINITE}
#define EXACTLY(value)   {value, value}

static const struct limits limits_common = {
    .of = {EVERYTHING, EVERYTHING, EVERYTHING, EXACTLY(USER_STACK_BYTES), EXACTLY(0), EVERYTHING,
           EXACTLY(PROCESSES_MOST), EXACTLY(FILES_LIMIT), EXACTLY(LOCKED_BYTES), EVERYTHING, EVERYTHING,
           EXACTLY(SIGNALS_QUEUED), EXACTLY(MESSAGE_BYTES), EXACTLY(0), EXACTLY(0), EVERYTHING}};

uint32_t limits_tables;

const struct limit *limits_of(const struct process *process, unsigned which)
{
    const struct limits *own = process->private->leader->private->limits;
    return own ? &own->of[which] : &limits_common.of[which];
}

int limits_set(struct process *process, unsigned which, const struct limit *wanted)
{
    struct process_private *private = process->private->leader->private;
    struct limits *own = private->limits;
    if (!own || own->references > 1) {
        struct limits *copy = heap_allocate(sizeof(*copy));
        if (!copy)
            return -ENOMEM;
        *copy = own ? *own : limits_common;
        copy->references = 1;
        limits_tables++;
        limits_release(own);
        own = private->limits = copy;
    }
    own->of[which] = *wanted;
    if (which == LIMIT_TIME && private->thread_count) {
        private->time_warned = 0;
        limits_watch_time(private->leader);
    }
    return 0;
}

void limits_inherit(struct process *child, struct limits *limits)
{
    limits->references++;
    child->private->limits = limits;
    limits_watch_time(child);
}

void limits_release(struct limits *limits)
{
    if (!limits || --limits->references)
        return;
    limits_tables--;
    heap_free(limits);
}

/* ---- processes ---- */

bool limits_processes_reached(void)
{
    const struct process *current = process_current();
    if (current->uid == 0 || capability_held(CAPABILITY_SYS_RESOURCE) || capability_held(CAPABILITY_SYS_ADMIN))
        return false;
    return process_count_of(current->uid) >= limits_of(current, LIMIT_PROCESSES)->soft;
}

bool limits_processes_exceeded(unsigned uncounted)
{
    const struct process *current = process_current();
    uint64_t count = current->uid ? process_count_of(current->uid) : 0;
    return count > uncounted && count - uncounted > limits_of(current, LIMIT_PROCESSES)->soft;
}

/* ---- time on the CPU ---- */

/* The seconds at which the process is told, or ended. Like Linux, 0 is one. */
static uint64_t limits_seconds(const struct process *leader)
{
    const struct limit *limit = limits_of(leader, LIMIT_TIME);
    uint64_t soft = leader->private->time_warned ? leader->private->time_warned + 1 : limit->soft;
    uint64_t next = soft < limit->hard ? soft : limit->hard;
    return next ? next : 1;
}

/* In the timer interrupt: the time is up, or the process has slept meanwhile. */
static void limits_time_passed(struct timeout *timeout)
{
    struct process_private *private =
        (struct process_private *)((uint8_t *)timeout - offsetof(struct process_private, time_limit));
    struct process *leader = private->leader;
    struct process_times times;
    process_times(leader, &times);
    uint64_t seconds = (times.user_ns + times.system_ns) / NS_PER_SECOND;
    if (seconds >= limits_of(leader, LIMIT_TIME)->hard) {
        process_signal(leader, (int)SIGNAL_KILL);
        return;
    }
    if (seconds >= limits_seconds(leader)) {
        private->time_warned = seconds;
        process_signal(leader, (int)SIGNAL_XCPU);
    }
    limits_watch_time(leader);
}

void limits_watch_time(struct process *leader)
{
    timeout_remove(&leader->private->time_limit);
    uint64_t seconds = limits_seconds(leader);
    if (seconds >= LIMIT_INFINITE / NS_PER_SECOND)
        return;
    struct process_times times;
    process_times(leader, &times);
    uint64_t used = times.user_ns + times.system_ns, wanted = seconds * NS_PER_SECOND;
    uint64_t left = wanted > used + LOOK_AGAIN_NS ? wanted - used : LOOK_AGAIN_NS;
    timeout_add(&leader->private->time_limit, clock_monotonic_ns() + left, limits_time_passed);
}

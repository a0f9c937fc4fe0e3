/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nobody looks at a process's time while it runs: a timeout does, for when the time would be up if the process did
 * nothing but run, and again for what is left then. The times are those of times(2): the whole is exact, and its part
 * in user mode is as exact as the tick that samples it.
 */
#include "kernel/cpu_timer.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/process_private.h"
#include "kernel/signal_set.h"
#include "memory/heap.h"

#define LOOK_AGAIN_NS 1000000ul

struct cpu_timers {
    struct timeout timeout; /* first */
    struct process *leader;
    struct cpu_timer {
        uint64_t expires_ns; /* of the process's time; 0: not armed */
        uint64_t interval_ns;
    } of[CPU_TIMER_KINDS];
};

static uint64_t cpu_timer_now(const struct process *leader, enum cpu_timer_kind kind)
{
    struct process_times times;
    process_times(leader, &times);
    return kind == CPU_TIMER_USER ? times.user_ns : times.user_ns + times.system_ns;
}

/* What is left of one that is armed. */
static uint64_t cpu_timer_left(const struct process *leader, enum cpu_timer_kind kind)
{
    uint64_t now = cpu_timer_now(leader, kind), expires = leader->private->cpu_timers->of[kind].expires_ns;
    return expires > now ? expires - now : 0;
}

static void cpu_timer_passed(struct timeout *timeout);

static void cpu_timer_watch(struct cpu_timers *timers)
{
    uint64_t first = UINT64_MAX;
    timeout_remove(&timers->timeout);
    for (unsigned i = 0; i < CPU_TIMER_KINDS; i++) {
        uint64_t left = timers->of[i].expires_ns ? cpu_timer_left(timers->leader, i) : UINT64_MAX;
        first = left < first ? left : first;
    }
    if (first == UINT64_MAX)
        return;
    first = first > LOOK_AGAIN_NS ? first : LOOK_AGAIN_NS;
    timeout_add(&timers->timeout, clock_monotonic_ns() + first, cpu_timer_passed);
}

/* In the timer interrupt. */
static void cpu_timer_passed(struct timeout *timeout)
{
    static const uint8_t signals[CPU_TIMER_KINDS] = {SIGNAL_VTALRM, SIGNAL_PROF};
    struct cpu_timers *timers = (struct cpu_timers *)timeout;
    for (unsigned i = 0; i < CPU_TIMER_KINDS; i++) {
        struct cpu_timer *timer = &timers->of[i];
        if (!timer->expires_ns || cpu_timer_left(timers->leader, i))
            continue;
        timer->expires_ns = timer->interval_ns ? timer->expires_ns + timer->interval_ns : 0;
        process_signal(timers->leader, signals[i]);
    }
    cpu_timer_watch(timers);
}

int cpu_timer_set(struct process *leader, enum cpu_timer_kind kind, const struct process_timer_setting *setting)
{
    struct process_private *private = leader->private;
    if (!private->cpu_timers) {
        struct cpu_timers *timers = heap_allocate(sizeof(*timers));
        if (!timers)
            return -ENOMEM;
        timers->leader = leader;
        private->cpu_timers = timers;
    }
    private->cpu_timers->of[kind] =
        (struct cpu_timer){setting->left_ns ? cpu_timer_now(leader, kind) + setting->left_ns : 0, setting->interval_ns};
    cpu_timer_watch(private->cpu_timers);
    return 0;
}

void cpu_timer_get(const struct process *leader, enum cpu_timer_kind kind, struct process_timer_setting *setting)
{
    const struct cpu_timers *timers = leader->private->cpu_timers;
    *setting = (struct process_timer_setting){0, 0};
    if (!timers)
        return;
    setting->interval_ns = timers->of[kind].interval_ns;
    if (timers->of[kind].expires_ns) {
        uint64_t left = cpu_timer_left(leader, kind);
        setting->left_ns =
            left > LOOK_AGAIN_NS ? left : LOOK_AGAIN_NS; /* it is armed, and 0 would say that it is not */
    }
}

void cpu_timer_delete_all(struct process_private *private)
{
    timeout_remove(&private->cpu_timers->timeout);
    heap_free(private->cpu_timers);
    private->cpu_timers = 0;
}

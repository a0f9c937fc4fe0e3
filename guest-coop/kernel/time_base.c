/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clocks behind timers. A process's time is looked at when it would be up if the process did nothing but run, and
 * again for what is left then.
 */
#include "kernel/time_base.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/process_private.h"

/* clockid_t of CPU time: the number's complement, whether it is a thread's, what is counted. */
#define CLOCK_NUMBER_SHIFT 3
#define CLOCK_OF_THREAD    4
#define CLOCK_COUNTS       3
#define CLOCK_COUNTS_USER  1
#define CLOCK_OWN_PROCESS  (-6)
#define CLOCK_OWN_THREAD   (-2)
#define CLOCK_COUNTS_FILE  3 /* no such clock: that of a device */

#define LOOK_AGAIN_NS 10000000ul /* at the least: nobody keeps the kernel busy with looking at processes that sleep */

static struct process *time_base_process(int pid, bool of_thread, bool to_read)
{
    struct process *current = process_current();
    if (pid == 0)
        return of_thread ? current : current->private->leader;
    struct process *process = process_find(pid);
    if (!process)
        return 0;
    if (of_thread)
        return process->leader_pid == current->leader_pid ? process : 0;
    if (process->pid == process->leader_pid)
        return process;
    return to_read && process == current ? current->private->leader : 0;
}

int time_base_cpu(struct time_base *base, int32_t id, bool to_read)
{
    bool of_thread = id & CLOCK_OF_THREAD;
    if (id >= 0 || (id & CLOCK_COUNTS) == CLOCK_COUNTS_FILE)
        return -EINVAL;
    const struct process *process = time_base_process(~(id >> CLOCK_NUMBER_SHIFT), of_thread, to_read);
    if (!process)
        return -EINVAL;
    *base = (struct time_base){.kind = TIME_BASE_CPU,
                               .user_only = (id & CLOCK_COUNTS) == CLOCK_COUNTS_USER,
                               .of_thread = of_thread,
                               .pid = process->pid,
                               .start_ns = process->private->start_ns};
    return 0;
}

int time_base_of_clock(struct time_base *base, int32_t id)
{
    *base = (struct time_base){.kind = TIME_BASE_MONOTONIC};
    switch (id) {
    case CLOCK_REALTIME_ID:
    case CLOCK_TAI_ID:
        base->kind = TIME_BASE_REAL;
        return 0;
    case CLOCK_MONOTONIC_ID:
    case CLOCK_BOOTTIME_ID:
        return 0;
    case CLOCK_PROCESS_CPUTIME_ID:
        return time_base_cpu(base, CLOCK_OWN_PROCESS, false);
    case CLOCK_THREAD_CPUTIME_ID:
        return time_base_cpu(base, CLOCK_OWN_THREAD, false);
    case CLOCK_MONOTONIC_RAW_ID:
    case CLOCK_REALTIME_COARSE_ID:
    case CLOCK_MONOTONIC_COARSE_ID:
        return -EOPNOTSUPP;
    default:
        return time_base_cpu(base, id, false);
    }
}

static struct process *time_base_find(const struct time_base *base)
{
    struct process *process = process_find(base->pid);
    return process && process->private->start_ns == base->start_ns ? process : 0;
}

/* What the tick's samples make of a thread's time. */
static uint64_t time_base_thread_user(const struct process *thread)
{
    uint64_t total = process_thread_ns(thread), system = thread->private->ticks_system;
    uint64_t samples = thread->private->ticks_user + system;
    return samples ? total - total / samples * system : total;
}

static uint64_t time_base_cpu_now(const struct time_base *base)
{
    const struct process *process = time_base_find(base);
    struct process_times times;
    if (!process)
        return 0;
    if (base->of_thread)
        return base->user_only ? time_base_thread_user(process) : process_thread_ns(process);
    process_times(process, &times);
    return times.user_ns + (base->user_only ? 0 : times.system_ns);
}

uint64_t time_base_now(const struct time_base *base)
{
    if (base->kind == TIME_BASE_CPU)
        return time_base_cpu_now(base);
    return base->kind == TIME_BASE_REAL ? clock_realtime_ns() : clock_monotonic_ns();
}

bool time_base_ended(const struct time_base *base)
{
    return base->kind == TIME_BASE_CPU && !time_base_find(base);
}

uint64_t time_base_deadline(const struct time_base *base, uint64_t at)
{
    if (base->kind == TIME_BASE_MONOTONIC)
        return at;
    if (time_base_ended(base))
        return WAIT_FOREVER;
    uint64_t now = time_base_now(base), left = at > now ? at - now : 0;
    if (base->kind == TIME_BASE_CPU && left && left < LOOK_AGAIN_NS)
        left = LOOK_AGAIN_NS;
    return clock_monotonic_ns() + left;
}

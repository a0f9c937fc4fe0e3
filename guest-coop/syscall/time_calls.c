/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clocks, sleeping, interval timers, CPU time used.
 */
#include "fs/linux_abi.h"
#include "kernel/capability.h"
#include "kernel/clock.h"
#include "kernel/cpu_timer.h"
#include "kernel/errno.h"
#include "kernel/process_private.h"
#include "kernel/signal.h"
#include "kernel/time_base.h"
#include "memory/address_space.h"
#include "memory/user_copy.h"
#include "syscall/kernel_calls.h"
#include "syscall/time_values.h"
#include <coopvirt/string.h>

#define SLEEP_ABSOLUTE            1u
#define TIMER_REAL                0u
#define TIMER_PROFILE             2u         /* the last; 1 and it: kernel/cpu_timer.h */
#define CLOCK_TICK_NS             10000000ul /* times(2): a hundred a second */
#define ALARM_LEAST_NS            1000000ul  /* between two expiries of an interval timer */
#define CLOCK_COUNTS              3          /* of a negative clock: what it counts */
#define CLOCK_COUNTS_ALL          2          /* exactly */
#define RUSAGE_SELF_WHO           0
#define RUSAGE_CHILDREN_WHO       (-1)
#define RUSAGE_THREAD_WHO         1

static uint64_t time_cpu_ns(void)
{
    struct process_times times;
    process_times(process_current(), &times);
    return times.user_ns + times.system_ns;
}

/* Of a clock of CPU time that has no name of its own. */
static long time_cpu_now(int32_t clock, uint64_t *ns)
{
    struct time_base base;
    int status = time_base_cpu(&base, clock, true);
    if (status == 0)
        *ns = time_base_now(&base);
    return status;
}

static long time_now(int32_t clock, uint64_t *ns)
{
    switch (clock) {
    case CLOCK_TAI_ID:
    case CLOCK_REALTIME_ID:
    case CLOCK_REALTIME_COARSE_ID:
        *ns = clock_realtime_ns();
        return 0;
    case CLOCK_MONOTONIC_ID:
    case CLOCK_MONOTONIC_RAW_ID:
    case CLOCK_MONOTONIC_COARSE_ID:
    case CLOCK_BOOTTIME_ID:
        *ns = clock_monotonic_ns();
        return 0;
    case CLOCK_PROCESS_CPUTIME_ID:
        *ns = time_cpu_ns();
        return 0;
    case CLOCK_THREAD_CPUTIME_ID:
        *ns = process_thread_ns(process_current());
        return 0;
    default:
        return time_cpu_now(clock, ns);
    }
}

long kernel_sys_clock_gettime(const struct syscall_arguments *a)
{
    uint64_t ns;
    long status = time_now((int32_t)a->a0, &ns);
    return status < 0 ? status : time_span_out(a->a1, ns);
}

long kernel_sys_clock_settime(const struct syscall_arguments *a)
{
    uint64_t ns;
    struct time_base base;
    if ((int32_t)a->a0 != CLOCK_REALTIME_ID)
        return time_base_cpu(&base, (int32_t)a->a0, false) == 0 ? -EPERM : -EINVAL;
    if (!capability_held(CAPABILITY_SYS_TIME))
        return -EPERM;
    long status = time_span_in(a->a1, &ns);
    if (status == 0)
        clock_set_realtime_ns(ns);
    return status;
}

/* A time zone is taken note of by doing nothing: the clock is that of UTC. */
long kernel_sys_settimeofday(const struct syscall_arguments *a)
{
    uint64_t ns, zone;
    long status = a->a0 ? time_micro_in(a->a0, &ns) : 0;
    if (status < 0)
        return status;
    if (a->a1 && user_copy_in(&zone, a->a1, sizeof(zone)))
        return -EFAULT;
    if (!capability_held(CAPABILITY_SYS_TIME))
        return -EPERM;
    if (a->a0)
        clock_set_realtime_ns(ns);
    return 0;
}

/* adjtimex(2), of a clock that nothing adjusts. */
struct time_adjustment {
    uint32_t modes;
    int64_t offset, frequency, maximal_error, estimated_error;
    int32_t status;
    int64_t constant, precision, tolerance, seconds, microseconds, tick;
    int64_t pulses[8]; /* of a signal each second */
    int32_t international_offset, reserved[11];
};
_Static_assert(sizeof(struct time_adjustment) == 208, "struct timex");

#define ADJUSTMENT_UNSYNCHRONISED 0x40
#define ADJUSTMENT_TIME_ERROR     5
#define ADJUSTMENT_ERROR_US       16000000
#define ADJUSTMENT_TICK_US        10000 /* at a hundred ticks a second */

static long time_adjustment(uint64_t user_state)
{
    struct time_adjustment state;
    uint64_t now_us = clock_realtime_ns() / 1000;
    if (user_copy_in(&state.modes, user_state, sizeof(state.modes)))
        return -EFAULT;
    if (state.modes)
        return capability_held(CAPABILITY_SYS_TIME) ? -EOPNOTSUPP : -EPERM;
    memset(&state, 0, sizeof(state));
    state.maximal_error = state.estimated_error = ADJUSTMENT_ERROR_US;
    state.status = ADJUSTMENT_UNSYNCHRONISED;
    state.constant = 2;
    state.precision = 1;
    state.tolerance = 500ll << 16; /* millionths, with 16 bits behind the point */
    state.tick = ADJUSTMENT_TICK_US;
    state.seconds = (int64_t)(now_us / 1000000);
    state.microseconds = (int64_t)(now_us % 1000000);
    return user_copy_out(user_state, &state, sizeof(state)) ? -EFAULT : ADJUSTMENT_TIME_ERROR;
}

long kernel_sys_adjtimex(const struct syscall_arguments *a)
{
    return time_adjustment(a->a0);
}

long kernel_sys_clock_adjtime(const struct syscall_arguments *a)
{
    return (int32_t)a->a0 == CLOCK_REALTIME_ID ? time_adjustment(a->a1) : -EINVAL;
}

long kernel_sys_clock_getres(const struct syscall_arguments *a)
{
    uint64_t ns;
    int32_t clock = (int32_t)a->a0;
    struct time_base base;
    long status = clock < 0 ? time_base_cpu(&base, clock, false) : time_now(clock, &ns);
    bool sampled = clock < 0 && (clock & CLOCK_COUNTS) != CLOCK_COUNTS_ALL;
    return status < 0 || !a->a1 ? status : time_span_out(a->a1, sampled ? CLOCK_TICK_NS : 1);
}

long kernel_sys_gettimeofday(const struct syscall_arguments *a)
{
    struct {
        int32_t minutes_west, kind;
    } zone = {0, 0};
    if (a->a1 && user_copy_out(a->a1, &zone, sizeof(zone)))
        return -EFAULT;
    return a->a0 ? time_micro_out(a->a0, clock_realtime_ns()) : 0;
}

long kernel_sys_time(const struct syscall_arguments *a)
{
    uint64_t seconds = clock_realtime_ns() / TIME_NS_PER_SECOND;
    if (a->a0 && user_copy_out(a->a0, &seconds, sizeof(seconds)))
        return -EFAULT;
    return (long)seconds;
}

/* Sleeps until the clock says `at`. A stop in between goes on with the same. */
static long time_sleep(const struct time_base *base, uint64_t at, uint64_t remaining_address)
{
    struct process_private *private = process_current()->private;
    if (private->restart_deadline)
        at = private->restart_deadline;
    private->restart_deadline = 0;
    int status;
    do {
        status = wait_queue_sleep(clock_changes(), time_base_deadline(base, at));
        if (status == -ETIMEDOUT && (base->kind == TIME_BASE_MONOTONIC || time_base_now(base) >= at))
            return 0;
    } while (status == 0 || status == -ETIMEDOUT);
    uint64_t now = time_base_now(base);
    if (remaining_address && time_span_out(remaining_address, at > now ? at - now : 0))
        return -EFAULT;
    private->restart_deadline = at;
    return -ERESTARTNOHAND;
}

long kernel_sys_nanosleep(const struct syscall_arguments *a)
{
    const struct time_base base = {.kind = TIME_BASE_MONOTONIC};
    uint64_t ns;
    long status = time_span_in(a->a0, &ns);
    return status < 0 ? status : time_sleep(&base, clock_monotonic_ns() + ns, a->a1);
}

/* What to sleep by: 0, -EINVAL, or -EOPNOTSUPP where nobody can. */
static long time_sleep_base(struct time_base *base, int32_t clock, bool absolute)
{
    if (clock == CLOCK_THREAD_CPUTIME_ID)
        return -EOPNOTSUPP;
    long status = time_base_of_clock(base, clock);
    if (status < 0)
        return status;
    if (base->kind == TIME_BASE_REAL && !absolute)
        base->kind = TIME_BASE_MONOTONIC; /* a span is not of a clock that may be set meanwhile */
    /* Who sleeps uses no time. */
    return base->of_thread && base->pid == process_current()->pid ? -EINVAL : 0;
}

long kernel_sys_clock_nanosleep(const struct syscall_arguments *a)
{
    struct time_base base;
    bool absolute = a->a1 & SLEEP_ABSOLUTE;
    uint64_t ns;
    long status = time_sleep_base(&base, (int32_t)a->a0, absolute);
    if (status == 0)
        status = time_span_in(a->a2, &ns);
    if (status < 0)
        return status;
    return time_sleep(&base, absolute ? ns : time_base_now(&base) + ns, absolute ? 0 : a->a3);
}

/* The interval timer of real time. */
static void time_alarm_expired(struct timeout *timeout)
{
    struct process_private *private =
        (struct process_private *)((uint8_t *)timeout - offsetof(struct process_private, alarm));
    struct process *process = (struct process *)((uint8_t *)private - offsetof(struct process_record, private));
    uint64_t interval = private->alarm_interval_ns;
    if (interval) {
        uint64_t late = clock_monotonic_ns() - timeout->deadline_ns + (interval < ALARM_LEAST_NS ? ALARM_LEAST_NS : 0);
        timeout_add(timeout, timeout->deadline_ns + (late / interval + 1) * interval, time_alarm_expired);
    }
    process_signal(process, SIGNAL_ALRM);
}

static uint64_t time_alarm_left(const struct process_private *private)
{
    if (!private->alarm.armed)
        return 0;
    uint64_t now = clock_monotonic_ns();
    return private->alarm.deadline_ns > now ? private->alarm.deadline_ns - now : 1;
}

static void time_alarm_set(struct process_private *private, uint64_t ns, uint64_t interval)
{
    timeout_remove(&private->alarm);
    private->alarm_interval_ns = interval;
    if (ns)
        timeout_add(&private->alarm, clock_monotonic_ns() + ns, time_alarm_expired);
}

long kernel_sys_alarm(const struct syscall_arguments *a)
{
    struct process_private *private = process_current()->private->leader->private;
    uint64_t left = time_alarm_left(private);
    time_alarm_set(private, (uint32_t)a->a0 * TIME_NS_PER_SECOND, 0);
    return (long)((left + TIME_NS_PER_SECOND - 1) / TIME_NS_PER_SECOND);
}

long kernel_sys_getitimer(const struct syscall_arguments *a)
{
    const struct process *leader = process_current()->private->leader;
    struct process_timer_setting setting;
    if (a->a0 > TIMER_PROFILE)
        return -EINVAL;
    if (a->a0 == TIMER_REAL)
        setting = (struct process_timer_setting){leader->private->alarm_interval_ns, time_alarm_left(leader->private)};
    else
        cpu_timer_get(leader, (enum cpu_timer_kind)(a->a0 - 1), &setting);
    long status = time_micro_out(a->a1, setting.interval_ns);
    return status < 0 ? status : time_micro_out(a->a1 + sizeof(struct abi_timeval), setting.left_ns);
}

long kernel_sys_setitimer(const struct syscall_arguments *a)
{
    struct process *leader = process_current()->private->leader;
    struct process_timer_setting setting = {0, 0};
    if (a->a0 > TIMER_PROFILE)
        return -EINVAL;
    long status = a->a1 ? time_micro_in(a->a1, &setting.interval_ns) : 0;
    if (status == 0 && a->a1)
        status = time_micro_in(a->a1 + sizeof(struct abi_timeval), &setting.left_ns);
    if (status == 0 && a->a2) {
        struct syscall_arguments old = {.a0 = a->a0, .a1 = a->a2};
        status = kernel_sys_getitimer(&old);
    }
    if (status == 0 && a->a0 == TIMER_REAL)
        time_alarm_set(leader->private, setting.left_ns, setting.interval_ns);
    else if (status == 0)
        status = cpu_timer_set(leader, (enum cpu_timer_kind)(a->a0 - 1), &setting);
    return status;
}

struct time_tms {
    int64_t user, system, children_user, children_system;
};

long kernel_sys_times(const struct syscall_arguments *a)
{
    const struct process *current = process_current()->private->leader;
    struct process_times times;
    process_times(current, &times);
    struct time_tms tms = {(int64_t)(times.user_ns / CLOCK_TICK_NS), (int64_t)(times.system_ns / CLOCK_TICK_NS),
                           (int64_t)(current->private->children_user_ns / CLOCK_TICK_NS),
                           (int64_t)(current->private->children_system_ns / CLOCK_TICK_NS)};
    if (a->a0 && user_copy_out(a->a0, &tms, sizeof(tms)))
        return -EFAULT;
    return (long)(clock_monotonic_ns() / CLOCK_TICK_NS);
}

/* struct rusage: two times, then fourteen longs. */
struct time_rusage {
    struct abi_timeval user, system;
    int64_t max_resident_kib, unused[3], minor_faults, major_faults, swaps, in_blocks, out_blocks, sent, received,
        signals, voluntary_switches, involuntary_switches;
};
_Static_assert(sizeof(struct time_rusage) == 144, "struct rusage");

static struct abi_timeval time_value(uint64_t ns)
{
    return (struct abi_timeval){(int64_t)(ns / TIME_NS_PER_SECOND), (int64_t)(ns % TIME_NS_PER_SECOND / 1000)};
}

long time_rusage_out(uint64_t address, uint64_t user_ns, uint64_t system_ns, const struct process *process)
{
    struct time_rusage usage;
    memset(&usage, 0, sizeof(usage));
    usage.user = time_value(user_ns);
    usage.system = time_value(system_ns);
    if (process) {
        usage.minor_faults = (int64_t)process->private->faults_minor;
        usage.major_faults = (int64_t)process->private->faults_major;
        usage.voluntary_switches = (int64_t)process->private->switches;
        usage.max_resident_kib = process->space ? (int64_t)process->space->resident_pages * 4 : 0;
    }
    return user_copy_out(address, &usage, sizeof(usage));
}

long kernel_sys_getrusage(const struct syscall_arguments *a)
{
    const struct process *current = process_current()->private->leader;
    struct process_times times;
    switch ((int)a->a0) {
    case RUSAGE_THREAD_WHO:
        return time_rusage_out(a->a1, process_thread_ns(process_current()), 0, process_current());
    case RUSAGE_SELF_WHO:
        process_times(current, &times);
        return time_rusage_out(a->a1, times.user_ns, times.system_ns, current);
    case RUSAGE_CHILDREN_WHO:
        return time_rusage_out(a->a1, current->private->children_user_ns, current->private->children_system_ns, 0);
    default:
        return -EINVAL;
    }
}

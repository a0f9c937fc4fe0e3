/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls on a process's timers: what they pass, and what of it is valid. The timers are
 * kernel/process_timer.c's.
 */
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/process_timer.h"
#include "kernel/signal.h"
#include "kernel/time_base.h"
#include "memory/user_copy.h"
#include "syscall/kernel_calls.h"
#include "syscall/time_values.h"

/* struct sigevent: sigev_notify */
#define NOTIFY_SIGNAL    0
#define NOTIFY_NONE      1
#define NOTIFY_THREAD    2 /* the C library's: to the kernel as NOTIFY_SIGNAL */
#define NOTIFY_THREAD_ID 4

#define TIMER_ABSOLUTE 1u
#define SETTING_BYTES  32u /* struct itimerspec: the interval, then the value */

struct timer_event {
    uint64_t value;
    int32_t signal, notify, thread;
    uint8_t rest[44];
};
_Static_assert(sizeof(struct timer_event) == 64, "struct sigevent");

static long timer_notice(const struct timer_event *event, struct process_timer_notice *notice)
{
    *notice = (struct process_timer_notice){.value = event->value};
    switch (event->notify) {
    case NOTIFY_NONE:
        return 0;
    case NOTIFY_THREAD_ID: {
        const struct process *thread = process_find(event->thread);
        if (event->thread <= 0 || !thread || thread->leader_pid != process_current()->leader_pid)
            return -EINVAL;
        notice->thread = event->thread;
        break;
    }
    case NOTIFY_SIGNAL:
    case NOTIFY_THREAD:
        break;
    default:
        return -EINVAL;
    }
    notice->signal = (unsigned)event->signal;
    return event->signal > 0 && event->signal <= (int)SIGNAL_LAST ? 0 : -EINVAL;
}

long kernel_sys_timer_create(const struct syscall_arguments *a)
{
    struct process_timer_notice notice = {.signal = SIGNAL_ALRM, .value_is_number = true};
    struct timer_event event;
    struct time_base base;
    long status = 0;
    if (a->a1) {
        if (user_copy_in(&event, a->a1, sizeof(event)))
            return -EFAULT;
        status = timer_notice(&event, &notice);
    }
    if (status == 0)
        status = time_base_of_clock(&base, (int32_t)a->a0);
    if (status < 0)
        return status;
    int number = process_timer_create(&notice, &base);
    if (number < 0 || user_copy_out(a->a2, &number, sizeof(number)) == 0)
        return number < 0 ? number : 0;
    struct process_timer *timer = process_timer_find(number);
    if (timer)
        process_timer_delete(timer);
    return -EFAULT;
}

static long timer_setting_out(uint64_t address, const struct process_timer_setting *setting)
{
    long status = time_span_out(address, setting->interval_ns);
    return status < 0 ? status : time_span_out(address + SETTING_BYTES / 2, setting->left_ns);
}

long kernel_sys_timer_settime(const struct syscall_arguments *a)
{
    struct process_timer_setting old, setting;
    if (!a->a2)
        return -EINVAL;
    long status = time_span_in(a->a2, &setting.interval_ns);
    if (status == 0)
        status = time_span_in(a->a2 + SETTING_BYTES / 2, &setting.left_ns);
    if (status < 0)
        return status;
    /* Found only now, and done with before the old setting goes out: the copies may sleep. */
    struct process_timer *timer = process_timer_find((int)a->a0);
    if (!timer)
        return -EINVAL;
    process_timer_get(timer, &old);
    status = process_timer_set(timer, &setting, a->a1 & TIMER_ABSOLUTE);
    return status == 0 && a->a3 ? timer_setting_out(a->a3, &old) : status;
}

long kernel_sys_timer_gettime(const struct syscall_arguments *a)
{
    struct process_timer *timer = process_timer_find((int)a->a0);
    struct process_timer_setting setting;
    if (!timer)
        return -EINVAL;
    process_timer_get(timer, &setting);
    return timer_setting_out(a->a1, &setting);
}

long kernel_sys_timer_getoverrun(const struct syscall_arguments *a)
{
    const struct process_timer *timer = process_timer_find((int)a->a0);
    return timer ? process_timer_overrun(timer) : -EINVAL;
}

long kernel_sys_timer_delete(const struct syscall_arguments *a)
{
    struct process_timer *timer = process_timer_find((int)a->a0);
    if (!timer)
        return -EINVAL;
    process_timer_delete(timer);
    return 0;
}

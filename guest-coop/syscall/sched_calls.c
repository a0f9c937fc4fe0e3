/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What programs may ask about scheduling. There is one policy and one priority: asking tells so, and a wish for another
 * is refused.
 */
#include "kernel/errno.h"
#include "kernel/process_private.h"
#include "memory/user_copy.h"
#include "syscall/kernel_calls.h"
#include "syscall/time_values.h"

#define POLICY_OTHER 0u
#define POLICY_FIFO  1u
#define POLICY_ROUND 2u
#define POLICY_BATCH 3u
#define POLICY_IDLE  5u
#define SLICE_NS     10000000ul
#define NICE_RESULT  20 /* getpriority gives 20 - nice */
#define WHICH_MOST   2u /* a process, a group, a user */

/* The process is there: 0, -EINVAL or -ESRCH. */
static long sched_check(uint64_t pid)
{
    if ((int)pid < 0)
        return -EINVAL;
    return (int)pid == 0 || process_find((int)pid) ? 0 : -ESRCH;
}

static bool sched_policy_known(uint64_t policy)
{
    return policy <= POLICY_BATCH || policy == POLICY_IDLE;
}

long kernel_sys_sched_getscheduler(const struct syscall_arguments *a)
{
    return sched_check(a->a0); /* POLICY_OTHER */
}

long kernel_sys_sched_getparam(const struct syscall_arguments *a)
{
    int32_t priority = 0;
    long status = sched_check(a->a0);
    if (!a->a1)
        return -EINVAL;
    return status < 0 ? status : user_copy_out(a->a1, &priority, sizeof(priority));
}

static long sched_set(uint64_t pid, uint64_t policy, uint64_t parameter)
{
    int32_t priority;
    if (!parameter || (int)policy < 0)
        return -EINVAL;
    if (user_copy_in(&priority, parameter, sizeof(priority)))
        return -EFAULT;
    long status = sched_check(pid);
    if (status < 0)
        return status;
    if (!sched_policy_known(policy))
        return -EINVAL;
    if (policy == POLICY_OTHER)
        return priority == 0 ? 0 : -EINVAL;
    return -EPERM;
}

long kernel_sys_sched_setscheduler(const struct syscall_arguments *a)
{
    return sched_set(a->a0, a->a1, a->a2);
}

long kernel_sys_sched_setparam(const struct syscall_arguments *a)
{
    return sched_set(a->a0, POLICY_OTHER, a->a1);
}

long kernel_sys_sched_get_priority_max(const struct syscall_arguments *a)
{
    if (!sched_policy_known(a->a0))
        return -EINVAL;
    return a->a0 == POLICY_FIFO || a->a0 == POLICY_ROUND ? 99 : 0;
}

long kernel_sys_sched_get_priority_min(const struct syscall_arguments *a)
{
    if (!sched_policy_known(a->a0))
        return -EINVAL;
    return a->a0 == POLICY_FIFO || a->a0 == POLICY_ROUND ? 1 : 0;
}

long kernel_sys_sched_rr_get_interval(const struct syscall_arguments *a)
{
    long status = sched_check(a->a0);
    return status < 0 ? status : time_span_out(a->a1, SLICE_NS);
}

long kernel_sys_getpriority(const struct syscall_arguments *a)
{
    if (a->a0 > WHICH_MOST)
        return -EINVAL;
    return a->a0 == 0 && sched_check(a->a1) ? -ESRCH : NICE_RESULT;
}

/* Only what is so already. */
long kernel_sys_setpriority(const struct syscall_arguments *a)
{
    if (a->a0 > WHICH_MOST)
        return -EINVAL;
    if (a->a0 == 0 && sched_check(a->a1))
        return -ESRCH;
    return (int)a->a2 == 0 ? 0 : -EACCES;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What programs may ask about scheduling. There is one policy: asking tells so, and a wish for another is refused. A
 * nice value decides how often a process gets its turn.
 */
#include "kernel/capability.h"
#include "kernel/errno.h"
#include "kernel/limits.h"
#include "kernel/process_private.h"
#include "memory/user_copy.h"
#include "syscall/kernel_calls.h"
#include "syscall/time_values.h"

#define POLICY_OTHER  0u
#define POLICY_FIFO   1u
#define POLICY_ROUND  2u
#define POLICY_BATCH  3u
#define POLICY_IDLE   5u
#define SLICE_NS      10000000ul
#define NICE_RESULT   20 /* getpriority gives 20 - nice */
#define NICE_MOST     19
#define WHICH_PROCESS 0u
#define WHICH_GROUP   1u
#define WHICH_USER    2u
#define IO_CLASS_SHIFT 13
#define IO_CLASS_FIRST 1 /* "real time" */
#define IO_CLASS_USUAL 2
#define IO_CLASS_IDLE  3
#define IO_LEVELS      8
#define IO_NICE_STEP   5 /* nice values for one level */

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

/* A search through those that getpriority and setpriority mean, or their like for I/O. */
struct sched_search {
    uint64_t which;
    int id; /* of the group, or the user's */
    void (*one)(struct process *process, struct sched_search *search);
    bool sets;
    int value;
    int best; /* the lowest there is */
    long status;
};

static void sched_nice_one(struct process *process, struct sched_search *search)
{
    uint32_t uid = process_current()->euid;
    if (process->nice < search->best)
        search->best = process->nice;
    if (!search->sets)
        return;
    bool nice = capability_held(CAPABILITY_SYS_NICE);
    uint64_t rank = (uint64_t)(NICE_RESULT - search->value); /* as RLIMIT_NICE counts: 40 is the best */
    if (!nice && uid != process->euid && uid != process->uid)
        search->status = -EPERM;
    else if (!nice && search->value < process->nice && rank > limits_of(process, LIMIT_NICE)->soft)
        search->status = -EACCES;
    else
        process->nice = search->value;
}

static void sched_search_found(struct process *process, struct sched_search *search)
{
    if (search->status == -ESRCH)
        search->status = 0;
    search->one(process, search);
}

static bool sched_search_visit(struct process *process, void *context)
{
    struct sched_search *search = context;
    bool is_meant = search->which == WHICH_GROUP ? process->group_id == search->id : (int)process->uid == search->id;
    if (is_meant)
        sched_search_found(process, search);
    return false;
}

static void sched_search_run(struct sched_search *search, int id)
{
    const struct process *current = process_current();
    struct process *process = id ? process_find(id) : process_current();
    search->status = search->which > WHICH_USER ? -EINVAL : -ESRCH;
    if (search->which == WHICH_PROCESS && process)
        sched_search_found(process, search);
    if (search->which == WHICH_PROCESS || search->which > WHICH_USER)
        return;
    search->id = id ? id : search->which == WHICH_GROUP ? current->group_id : (int)current->uid;
    process_visit(sched_search_visit, search);
}

long kernel_sys_getpriority(const struct syscall_arguments *a)
{
    struct sched_search search = {.which = (uint32_t)a->a0, .one = sched_nice_one, .best = NICE_MOST};
    sched_search_run(&search, (int)a->a1);
    return search.status ? search.status : NICE_RESULT - search.best;
}

long kernel_sys_setpriority(const struct syscall_arguments *a)
{
    int nice = (int)a->a2 < -NICE_RESULT ? -NICE_RESULT : (int)a->a2 > NICE_MOST ? NICE_MOST : (int)a->a2;
    struct sched_search search = {.which = (uint32_t)a->a0, .one = sched_nice_one, .sets = true, .value = nice};
    sched_search_run(&search, (int)a->a1);
    return search.status;
}

/* ---- I/O: requests reach the disk in the order in which they come, whatever is set here (as by Linux's `none`) */

static void sched_io_one(struct process *process, struct sched_search *search)
{
    const struct process *current = process_current();
    uint16_t *have = &process->private->rules.io_priority;
    int tells = *have; /* of a group, what nice makes of it; of one process, what was set */
    if (!(tells >> IO_CLASS_SHIFT) && search->which != WHICH_PROCESS)
        tells = IO_CLASS_USUAL << IO_CLASS_SHIFT | (process->nice + NICE_RESULT) / IO_NICE_STEP;
    if (tells < search->best)
        search->best = tells;
    if (!search->sets || search->status)
        return;
    if (process->uid == current->euid || process->uid == current->uid || capability_held(CAPABILITY_SYS_NICE))
        *have = (uint16_t)search->value;
    else
        search->status = -EPERM;
}

static long sched_io_check(int value)
{
    int class = value >> IO_CLASS_SHIFT, level = value & ((1 << IO_CLASS_SHIFT) - 1);
    if (class == IO_CLASS_FIRST && !capability_held(CAPABILITY_SYS_ADMIN) && !capability_held(CAPABILITY_SYS_NICE))
        return -EPERM;
    if (class < 0 || class > IO_CLASS_IDLE || (class == 0 && level))
        return -EINVAL;
    return class != IO_CLASS_IDLE && level >= IO_LEVELS ? -EINVAL : 0;
}

long kernel_sys_ioprio_set(const struct syscall_arguments *a)
{
    struct sched_search search = {
        .which = (uint32_t)a->a0 - 1, .one = sched_io_one, .sets = true, .value = (int)a->a2};
    long status = sched_io_check((int)a->a2);
    if (status < 0)
        return status;
    sched_search_run(&search, (int)a->a1);
    return search.status;
}

long kernel_sys_ioprio_get(const struct syscall_arguments *a)
{
    struct sched_search search = {.which = (uint32_t)a->a0 - 1, .one = sched_io_one, .best = UINT16_MAX};
    sched_search_run(&search, (int)a->a1);
    return search.status ? search.status : search.best;
}

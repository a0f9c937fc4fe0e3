/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What programs may ask and wish about scheduling: who may put whom into which class. A nice value decides how often a
 * process of the usual one gets its turn; what the classes mean is kernel/scheduler.c's.
 */
#include "kernel/capability.h"
#include "kernel/errno.h"
#include "kernel/limits.h"
#include "kernel/process_private.h"
#include "kernel/scheduler.h"
#include "memory/user_copy.h"
#include "syscall/kernel_calls.h"
#include "syscall/time_values.h"

#define POLICY_DEADLINE 6u          /* there is none */
#define POLICY_RESET    0x40000000u /* SCHED_RESET_ON_FORK */
#define PRIORITY_MOST   99

/* sched_setattr(2): flags */
#define ATTRIBUTE_RESET       0x01u
#define ATTRIBUTE_KEEP_POLICY 0x08u
#define ATTRIBUTE_KEEP_REST   0x10u
#define ATTRIBUTE_FLAGS       0x1ful /* with two of deadlines */
#define ATTRIBUTES_MOST       4096u

#define SLICE_NS       10000000ul
#define NICE_RESULT    20 /* getpriority gives 20 - nice */
#define NICE_MOST      19
#define WHICH_PROCESS  0u
#define WHICH_GROUP    1u
#define WHICH_USER     2u
#define IO_CLASS_SHIFT 13
#define IO_CLASS_FIRST 1 /* "real time" */
#define IO_CLASS_USUAL 2
#define IO_CLASS_IDLE  3
#define IO_LEVELS      8
#define IO_NICE_STEP   5 /* nice values for one level */

/* The process or thread: NULL and -EINVAL or -ESRCH. */
static struct process *sched_find(uint64_t pid, long *status)
{
    struct process *process = (int)pid ? process_find((int)pid) : process_current();
    *status = (int)pid < 0 ? -EINVAL : process ? 0 : -ESRCH;
    return *status ? 0 : process;
}

static bool sched_policy_known(uint64_t policy)
{
    return policy <= SCHEDULER_BATCH || policy == SCHEDULER_IDLE;
}

static bool sched_policy_urgent(uint64_t policy)
{
    return policy == SCHEDULER_FIFO || policy == SCHEDULER_ROUND;
}

long kernel_sys_sched_getscheduler(const struct syscall_arguments *a)
{
    long status;
    const struct process *process = sched_find(a->a0, &status);
    if (!process)
        return status;
    return process->private->rules.policy | (process->private->rules.reset_on_fork ? POLICY_RESET : 0);
}

long kernel_sys_sched_getparam(const struct syscall_arguments *a)
{
    long status;
    const struct process *process = sched_find(a->a0, &status);
    if (!a->a1)
        return -EINVAL;
    if (!process)
        return status;
    int32_t priority = process->private->rules.priority;
    return user_copy_out(a->a1, &priority, sizeof(priority));
}

/* What somebody wants a process to be. */
struct sched_wish {
    unsigned policy;
    uint32_t priority;
    int nice;
    bool reset_on_fork;
};

/* What everybody may do to his own processes; the rest is CAP_SYS_NICE's. */
static bool sched_is_free(const struct process *process, const struct sched_wish *wish)
{
    const struct program_rules *have = &process->private->rules;
    uint32_t uid = process_current()->euid;
    uint64_t highest = limits_of(process, LIMIT_PRIORITY)->soft, rank = limits_of(process, LIMIT_NICE)->soft;
    bool urgent = sched_policy_urgent(wish->policy);
    if (uid != process->euid && uid != process->uid)
        return false;
    if (have->reset_on_fork && !wish->reset_on_fork)
        return false;
    if (urgent && wish->policy != have->policy && !highest)
        return false;
    if (urgent && wish->priority > have->priority && wish->priority > highest)
        return false;
    if (!urgent && wish->nice < process->nice && (uint64_t)(NICE_RESULT - wish->nice) > rank)
        return false;
    return have->policy != SCHEDULER_IDLE || wish->policy == SCHEDULER_IDLE ||
           (uint64_t)(NICE_RESULT - process->nice) <= rank;
}

static long sched_grant(struct process *process, const struct sched_wish *wish)
{
    if (!sched_policy_known(wish->policy) || wish->priority > PRIORITY_MOST ||
        sched_policy_urgent(wish->policy) != (wish->priority != 0))
        return -EINVAL;
    if (!sched_is_free(process, wish) && !capability_held(CAPABILITY_SYS_NICE))
        return -EPERM;
    process->private->rules.reset_on_fork = wish->reset_on_fork;
    if (!sched_policy_urgent(wish->policy))
        process->nice = wish->nice;
    scheduler_set_class(process, wish->policy, wish->priority);
    return 0;
}

/* `policy` below 0: the one that it has. */
static long sched_set(uint64_t pid, int policy, uint64_t parameter)
{
    int32_t priority;
    long status;
    if (!parameter || (int)pid < 0)
        return -EINVAL;
    if (user_copy_in(&priority, parameter, sizeof(priority)))
        return -EFAULT;
    struct process *process = sched_find(pid, &status);
    if (!process)
        return status;
    const struct program_rules *have = &process->private->rules;
    struct sched_wish wish = {.policy = policy < 0 ? have->policy : (unsigned)policy & ~POLICY_RESET,
                              .priority = (uint32_t)priority,
                              .nice = process->nice,
                              .reset_on_fork =
                                  policy < 0 ? have->reset_on_fork : ((unsigned)policy & POLICY_RESET) != 0};
    return sched_grant(process, &wish);
}

long kernel_sys_sched_setscheduler(const struct syscall_arguments *a)
{
    return (int)a->a1 < 0 ? -EINVAL : sched_set(a->a0, (int)a->a1, a->a2);
}

long kernel_sys_sched_setparam(const struct syscall_arguments *a)
{
    return sched_set(a->a0, -1, a->a1);
}

/* struct sched_attr, up to its first form's end: what follows there is of no use here. */
struct sched_attributes {
    uint32_t bytes, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};
_Static_assert(sizeof(struct sched_attributes) == 48, "SCHED_ATTR_SIZE_VER0");

/* What is beyond the form that is known here has to be 0, and who passes more is told of its length. */
static long sched_attributes_in(uint64_t address, struct sched_attributes *attributes)
{
    static const uint32_t known = sizeof(*attributes);
    uint8_t rest[64];
    uint32_t bytes;
    if (user_copy_in(&bytes, address, sizeof(bytes)))
        return -EFAULT;
    if (bytes == 0)
        bytes = known;
    bool fits = bytes >= known && bytes <= ATTRIBUTES_MOST;
    for (uint32_t at = known, part; fits && at < bytes; at += part) {
        part = bytes - at < sizeof(rest) ? bytes - at : sizeof(rest);
        if (user_copy_in(rest, address + at, part))
            return -EFAULT;
        for (uint32_t i = 0; i < part; i++)
            fits = fits && rest[i] == 0;
    }
    if (!fits)
        return user_copy_out(address, &known, sizeof(known)) ? -EFAULT : -E2BIG;
    return user_copy_in(attributes, address, known) ? -EFAULT : 0;
}

long kernel_sys_sched_setattr(const struct syscall_arguments *a)
{
    struct sched_attributes attributes;
    if (!a->a1 || (int)a->a0 < 0 || (uint32_t)a->a2)
        return -EINVAL;
    long status = sched_attributes_in(a->a1, &attributes);
    if (status < 0)
        return status;
    if ((int32_t)attributes.policy < 0 || (attributes.flags & ~ATTRIBUTE_FLAGS))
        return -EINVAL;
    struct process *process = sched_find(a->a0, &status);
    if (!process)
        return status;
    int nice = attributes.nice < -NICE_RESULT ? -NICE_RESULT : attributes.nice;
    struct sched_wish wish = {.policy = attributes.policy,
                              .priority = attributes.priority,
                              .nice = nice > NICE_MOST ? NICE_MOST : nice,
                              .reset_on_fork = attributes.flags & ATTRIBUTE_RESET};
    if (attributes.flags & ATTRIBUTE_KEEP_POLICY) {
        wish.policy = process->private->rules.policy;
        wish.reset_on_fork = process->private->rules.reset_on_fork;
    }
    if (attributes.flags & ATTRIBUTE_KEEP_REST) {
        wish.priority = process->private->rules.priority;
        wish.nice = process->nice;
    }
    return sched_grant(process, &wish);
}

long kernel_sys_sched_getattr(const struct syscall_arguments *a)
{
    long status;
    uint32_t bytes = (uint32_t)a->a2;
    if (!a->a1 || (int)a->a0 < 0 || bytes < sizeof(struct sched_attributes) || bytes > ATTRIBUTES_MOST ||
        (uint32_t)a->a3)
        return -EINVAL;
    const struct process *process = sched_find(a->a0, &status);
    if (!process)
        return status;
    const struct program_rules *have = &process->private->rules;
    struct sched_attributes attributes = {.bytes = sizeof(attributes),
                                          .policy = have->policy,
                                          .flags = have->reset_on_fork ? ATTRIBUTE_RESET : 0,
                                          .nice = have->priority ? 0 : process->nice,
                                          .priority = have->priority};
    return user_copy_out(a->a1, &attributes, sizeof(attributes)) ? -EFAULT : 0;
}

long kernel_sys_sched_get_priority_max(const struct syscall_arguments *a)
{
    if (!sched_policy_known(a->a0))
        return a->a0 == POLICY_DEADLINE ? 0 : -EINVAL;
    return sched_policy_urgent(a->a0) ? PRIORITY_MOST : 0;
}

long kernel_sys_sched_get_priority_min(const struct syscall_arguments *a)
{
    if (!sched_policy_known(a->a0))
        return a->a0 == POLICY_DEADLINE ? 0 : -EINVAL;
    return sched_policy_urgent(a->a0) ? 1 : 0;
}

/* Who is alone in its class has no slices. */
long kernel_sys_sched_rr_get_interval(const struct syscall_arguments *a)
{
    long status;
    const struct process *process = sched_find(a->a0, &status);
    if (!process)
        return status;
    return time_span_out(a->a1, process->private->rules.policy == SCHEDULER_FIFO ? 0 : SLICE_NS);
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
    struct sched_search search = {.which = (uint32_t)a->a0 - 1, .one = sched_io_one, .sets = true, .value = (int)a->a2};
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prctl: what a thread may set of itself, above all the rights that it keeps through changes of identity and exec.
 */
#include "kernel/capability.h"
#include "kernel/errno.h"
#include "kernel/process_private.h"
#include "memory/address_space.h"
#include "memory/user_copy.h"
#include "syscall/kernel_calls.h"
#include <coopvirt/string.h>

#define PRCTL_SET_DEATH      1u
#define PRCTL_GET_DEATH      2u
#define PRCTL_GET_DUMPABLE   3u
#define PRCTL_SET_DUMPABLE   4u
#define PRCTL_GET_KEEP       7u
#define PRCTL_SET_KEEP       8u
#define PRCTL_SET_NAME       15u
#define PRCTL_GET_NAME       16u
#define PRCTL_BOUND_READ     23u
#define PRCTL_BOUND_DROP     24u
#define PRCTL_GET_SECURE     27u
#define PRCTL_SET_SECURE     28u
#define PRCTL_SET_SUBREAPER  36u
#define PRCTL_GET_SUBREAPER  37u
#define PRCTL_SET_NO_NEW     38u
#define PRCTL_GET_NO_NEW     39u
#define PRCTL_GET_CLEAR_TID  40u
#define PRCTL_AMBIENT        47u
#define AMBIENT_IS_SET       1u
#define AMBIENT_RAISE        2u
#define AMBIENT_LOWER        3u
#define AMBIENT_CLEAR_ALL    4u

/* The options about a family: both sides of it are leaders' records. */
static long prctl_family(const struct syscall_arguments *a, struct process_private *leader)
{
    uint32_t value = a->a0 == PRCTL_GET_DEATH ? leader->parent_death_signal : leader->subreaper;
    if (a->a0 == PRCTL_SET_SUBREAPER)
        leader->subreaper = a->a1 != 0;
    else if (a->a0 == PRCTL_SET_DEATH && a->a1 <= SIGNAL_COUNT)
        leader->parent_death_signal = (uint8_t)a->a1;
    else if (a->a0 == PRCTL_SET_DEATH)
        return -EINVAL;
    else
        return user_copy_out(a->a1, &value, sizeof(value));
    return 0;
}

/* What once is asked for stays, through fork and exec. */
static long prctl_privileges(const struct syscall_arguments *a, struct program_rules *rules)
{
    bool asks = a->a0 == PRCTL_GET_NO_NEW;
    if (a->a1 != !asks || a->a2 || a->a3 || a->a4)
        return -EINVAL;
    if (!asks)
        rules->no_new_privileges = true;
    return asks && rules->no_new_privileges;
}

static long prctl_name(const struct syscall_arguments *a, struct process *current)
{
    char name[PROCESS_NAME_BYTES];
    if (a->a0 == PRCTL_GET_NAME)
        return user_copy_out(a->a1, current->name, sizeof(current->name));
    if (user_copy_string(name, a->a1, sizeof(name)) == -EFAULT)
        return -EFAULT;
    name[sizeof(name) - 1] = 0;
    memcpy(current->name, name, sizeof(name));
    return 0;
}

/* The set out of which exec gives to the superuser, and from which nothing comes back. */
static long prctl_bounding(const struct syscall_arguments *a, struct process *current)
{
    bool reads = a->a0 == PRCTL_BOUND_READ;
    if (!reads && !capability_held(CAPABILITY_SETPCAP))
        return -EPERM;
    if (a->a1 > CAPABILITY_LAST)
        return -EINVAL;
    if (reads)
        return current->bounding >> a->a1 & 1;
    current->bounding &= ~(1ul << a->a1);
    return 0;
}

/* capabilities(7), "The securebits flags": no lock is opened, and nothing under one changed. */
static long prctl_set_secure(uint64_t wanted, struct program_rules *rules)
{
    uint32_t locks = rules->secure & CAPABILITY_SECURE_LOCKS;
    if (wanted > UINT8_MAX || (locks >> 1 & (rules->secure ^ wanted)) || locks & ~wanted ||
        !capability_held(CAPABILITY_SETPCAP))
        return -EPERM;
    rules->secure = (uint8_t)wanted;
    return 0;
}

/* One of those bits, for everybody to set until the next exec. */
static long prctl_keep(const struct syscall_arguments *a, struct program_rules *rules)
{
    if (a->a0 == PRCTL_GET_KEEP)
        return (rules->secure & CAPABILITY_SECURE_KEEP) != 0;
    if (a->a1 > 1)
        return -EINVAL;
    if (rules->secure & CAPABILITY_SECURE_KEEP << 1)
        return -EPERM;
    rules->secure = (uint8_t)((rules->secure & ~CAPABILITY_SECURE_KEEP) | (a->a1 ? CAPABILITY_SECURE_KEEP : 0));
    return 0;
}

/* What exec of a plain program leaves: never more than is both permitted and inheritable. */
static long prctl_ambient(const struct syscall_arguments *a, struct process *current)
{
    if (a->a1 == AMBIENT_CLEAR_ALL) {
        if (a->a2 || a->a3 || a->a4)
            return -EINVAL;
        current->ambient = 0;
        return 0;
    }
    if (a->a2 > CAPABILITY_LAST || a->a3 || a->a4)
        return -EINVAL;
    uint64_t one = 1ul << a->a2;
    switch (a->a1) {
    case AMBIENT_IS_SET:
        return (current->ambient & one) != 0;
    case AMBIENT_RAISE:
        if (!(current->permitted & current->inheritable & one) ||
            current->private->rules.secure & CAPABILITY_SECURE_NO_AMBIENT)
            return -EPERM;
        current->ambient |= one;
        return 0;
    case AMBIENT_LOWER:
        current->ambient &= ~one;
        return 0;
    default:
        return -EINVAL;
    }
}

long kernel_sys_prctl(const struct syscall_arguments *a)
{
    struct process *current = process_current();
    switch (a->a0) {
    case PRCTL_SET_NAME:
    case PRCTL_GET_NAME:
        return prctl_name(a, current);
    case PRCTL_GET_DUMPABLE:
        return !current->space->undumpable;
    case PRCTL_SET_DUMPABLE:
        if (a->a1 > 1)
            return -EINVAL;
        current->space->undumpable = !a->a1;
        return 0;
    case PRCTL_SET_NO_NEW:
    case PRCTL_GET_NO_NEW:
        return prctl_privileges(a, &current->private->rules);
    case PRCTL_BOUND_READ:
    case PRCTL_BOUND_DROP:
        return prctl_bounding(a, current);
    case PRCTL_GET_SECURE:
        return current->private->rules.secure;
    case PRCTL_SET_SECURE:
        return prctl_set_secure(a->a1, &current->private->rules);
    case PRCTL_GET_KEEP:
    case PRCTL_SET_KEEP:
        return prctl_keep(a, &current->private->rules);
    case PRCTL_AMBIENT:
        return prctl_ambient(a, current);
    case PRCTL_GET_CLEAR_TID:
        return user_copy_out(a->a1, &current->private->clear_tid, sizeof(current->private->clear_tid));
    case PRCTL_SET_DEATH:
    case PRCTL_GET_DEATH:
    case PRCTL_SET_SUBREAPER:
    case PRCTL_GET_SUBREAPER:
        return prctl_family(a, current->private->leader->private);
    default:
        return -EINVAL;
    }
}

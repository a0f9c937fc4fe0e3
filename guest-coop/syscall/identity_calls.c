/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * User and group identities: real, effective and saved. There is no supplementary group, and the file system's identity
 * is the effective one.
 */
#include "kernel/capability.h"
#include "kernel/errno.h"
#include "kernel/limits.h"
#include "kernel/process_private.h"
#include "memory/address_space.h"
#include "memory/user_copy.h"
#include "syscall/kernel_calls.h"

#define IDENTITY_KEEP UINT32_MAX

/* The three identities of a kind. */
struct identity {
    uint32_t *real, *effective, *saved;
    unsigned capability; /* lets a process take on any */
};

static struct identity identity_user(void)
{
    struct process *p = process_current();
    return (struct identity){&p->uid, &p->euid, &p->suid, CAPABILITY_SETUID};
}

/* After a change of the user's identities from what they were. */
static long identity_user_changed(const struct process *old, long status)
{
    struct process *current = process_current();
    if (status == 0)
        capability_identity_changed(current, old->uid, old->euid, old->suid);
    if (old->euid != current->euid)
        current->private->leader->private->parent_death_signal = 0;
    if (old->uid != current->uid)
        current->private->crowded = limits_processes_exceeded(1);
    return status;
}

static struct identity identity_group(void)
{
    struct process *p = process_current();
    return (struct identity){&p->gid, &p->egid, &p->sgid, CAPABILITY_SETGID};
}

/* prctl(2), PR_SET_PDEATHSIG: another effective group ends it, as another user does. */
static long identity_group_changed(uint32_t old, long status)
{
    struct process *current = process_current();
    if (old == current->egid)
        return status;
    current->private->leader->private->parent_death_signal = 0;
    current->space->undumpable = true;
    return status;
}

/* May the running process take this identity on? */
static bool identity_allowed(const struct identity *have, uint32_t wanted, bool saved_counts)
{
    return wanted == IDENTITY_KEEP || wanted == *have->real || wanted == *have->effective ||
           (saved_counts && wanted == *have->saved) || capability_held(have->capability);
}

static void identity_store(uint32_t *to, uint32_t wanted)
{
    if (wanted != IDENTITY_KEEP)
        *to = wanted;
}

/* setreuid(2): the saved one follows the effective one when the real one is set or the effective one becomes another
 * than it. */
static long identity_set_two(const struct identity *have, uint32_t real, uint32_t effective)
{
    if (!identity_allowed(have, real, false) || !identity_allowed(have, effective, true))
        return -EPERM;
    bool follow = real != IDENTITY_KEEP || (effective != IDENTITY_KEEP && effective != *have->real);
    identity_store(have->real, real);
    identity_store(have->effective, effective);
    if (follow)
        *have->saved = *have->effective;
    return 0;
}

static long identity_set_three(const struct identity *have, const struct syscall_arguments *a)
{
    uint32_t real = (uint32_t)a->a0, effective = (uint32_t)a->a1, saved = (uint32_t)a->a2;
    if (!identity_allowed(have, real, true) || !identity_allowed(have, effective, true) ||
        !identity_allowed(have, saved, true))
        return -EPERM;
    identity_store(have->real, real);
    identity_store(have->effective, effective);
    identity_store(have->saved, saved);
    return 0;
}

/* setuid and setgid: the superuser changes all, others the effective one. */
static long identity_set_one(const struct identity *have, uint32_t wanted)
{
    if (wanted == IDENTITY_KEEP)
        return -EINVAL;
    if (capability_held(have->capability))
        *have->real = *have->saved = wanted;
    else if (wanted != *have->real && wanted != *have->saved)
        return -EPERM;
    *have->effective = wanted;
    return 0;
}

static long identity_out(const struct syscall_arguments *a, const struct identity *have)
{
    if (user_copy_out(a->a0, have->real, sizeof(uint32_t)) || user_copy_out(a->a1, have->effective, sizeof(uint32_t)) ||
        user_copy_out(a->a2, have->saved, sizeof(uint32_t)))
        return -EFAULT;
    return 0;
}

#define IDENTITY_GET(name, member)                                                                                     \
    long kernel_sys_##name(const struct syscall_arguments *a)                                                          \
    {                                                                                                                  \
        (void)a;                                                                                                       \
        return process_current()->member;                                                                              \
    }
IDENTITY_GET(getuid, uid)
IDENTITY_GET(geteuid, euid)
IDENTITY_GET(getgid, gid)
IDENTITY_GET(getegid, egid)

long kernel_sys_setuid(const struct syscall_arguments *a)
{
    struct identity have = identity_user();
    struct process old = *process_current();
    return identity_user_changed(&old, identity_set_one(&have, (uint32_t)a->a0));
}

long kernel_sys_setreuid(const struct syscall_arguments *a)
{
    struct identity have = identity_user();
    struct process old = *process_current();
    return identity_user_changed(&old, identity_set_two(&have, (uint32_t)a->a0, (uint32_t)a->a1));
}

long kernel_sys_setresuid(const struct syscall_arguments *a)
{
    struct identity have = identity_user();
    struct process old = *process_current();
    return identity_user_changed(&old, identity_set_three(&have, a));
}

long kernel_sys_getresuid(const struct syscall_arguments *a)
{
    struct identity have = identity_user();
    return identity_out(a, &have);
}

long kernel_sys_setgid(const struct syscall_arguments *a)
{
    struct identity have = identity_group();
    uint32_t old = process_current()->egid;
    return identity_group_changed(old, identity_set_one(&have, (uint32_t)a->a0));
}

long kernel_sys_setregid(const struct syscall_arguments *a)
{
    struct identity have = identity_group();
    uint32_t old = process_current()->egid;
    return identity_group_changed(old, identity_set_two(&have, (uint32_t)a->a0, (uint32_t)a->a1));
}

long kernel_sys_setresgid(const struct syscall_arguments *a)
{
    struct identity have = identity_group();
    uint32_t old = process_current()->egid;
    return identity_group_changed(old, identity_set_three(&have, a));
}

long kernel_sys_getresgid(const struct syscall_arguments *a)
{
    struct identity have = identity_group();
    return identity_out(a, &have);
}

/* The file system sees the effective identity: one of its own can only be asked for. */
long kernel_sys_setfsuid(const struct syscall_arguments *a)
{
    (void)a;
    return process_current()->euid;
}

long kernel_sys_setfsgid(const struct syscall_arguments *a)
{
    (void)a;
    return process_current()->egid;
}

long kernel_sys_getgroups(const struct syscall_arguments *a)
{
    (void)a;
    return 0;
}

long kernel_sys_setgroups(const struct syscall_arguments *a)
{
    (void)a;
    return capability_held(CAPABILITY_SETGID) ? 0 : -EPERM;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * User and group identities: real, effective, saved and the file system's, and the supplementary groups.
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

/* After a change from what they were: signals and memory of whoever becomes another are not its old self's any more
 * (prctl(2), PR_SET_PDEATHSIG and PR_SET_DUMPABLE). */
static void identity_changed(const struct process *old)
{
    struct process *current = process_current();
    if (old->euid != current->euid || old->egid != current->egid || old->fsuid != current->fsuid ||
        old->fsgid != current->fsgid) {
        current->private->leader->private->parent_death_signal = 0;
        current->space->undumpable = true;
    }
    if (old->uid != current->uid)
        current->private->crowded = limits_processes_exceeded(1);
}

static long identity_user_changed(const struct process *old, long status)
{
    struct process *current = process_current();
    if (status < 0)
        return status;
    current->fsuid = current->euid;
    capability_identity_changed(current, old->uid, old->euid, old->suid);
    identity_changed(old);
    return 0;
}

static struct identity identity_group(void)
{
    struct process *p = process_current();
    return (struct identity){&p->gid, &p->egid, &p->sgid, CAPABILITY_SETGID};
}

static long identity_group_changed(const struct process *old, long status)
{
    struct process *current = process_current();
    if (status < 0)
        return status;
    current->fsgid = current->egid;
    identity_changed(old);
    return 0;
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

/* Do these change none of the three and ask for no effective one? Then the file system's stays, too. */
static bool identity_keeps_three(const struct identity *have, const struct syscall_arguments *a)
{
    uint32_t real = (uint32_t)a->a0, effective = (uint32_t)a->a1, saved = (uint32_t)a->a2;
    return (real == IDENTITY_KEEP || real == *have->real) && effective == IDENTITY_KEEP &&
           (saved == IDENTITY_KEEP || saved == *have->saved);
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
    if (identity_keeps_three(&have, a))
        return 0;
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
    struct process old = *process_current();
    return identity_group_changed(&old, identity_set_one(&have, (uint32_t)a->a0));
}

long kernel_sys_setregid(const struct syscall_arguments *a)
{
    struct identity have = identity_group();
    struct process old = *process_current();
    return identity_group_changed(&old, identity_set_two(&have, (uint32_t)a->a0, (uint32_t)a->a1));
}

long kernel_sys_setresgid(const struct syscall_arguments *a)
{
    struct identity have = identity_group();
    struct process old = *process_current();
    if (identity_keeps_three(&have, a))
        return 0;
    return identity_group_changed(&old, identity_set_three(&have, a));
}

long kernel_sys_getresgid(const struct syscall_arguments *a)
{
    struct identity have = identity_group();
    return identity_out(a, &have);
}

/* setfsuid and setfsgid tell what it was, whether or not it has changed. */
static bool identity_set_files(const struct identity *have, uint32_t *files, uint32_t wanted)
{
    if (wanted == IDENTITY_KEEP || wanted == *files || !identity_allowed(have, wanted, true))
        return false;
    *files = wanted;
    return true;
}

long kernel_sys_setfsuid(const struct syscall_arguments *a)
{
    struct identity have = identity_user();
    struct process *current = process_current(), old = *current;
    if (identity_set_files(&have, &current->fsuid, (uint32_t)a->a0)) {
        capability_files_changed(current, old.fsuid);
        identity_changed(&old);
    }
    return old.fsuid;
}

long kernel_sys_setfsgid(const struct syscall_arguments *a)
{
    struct identity have = identity_group();
    struct process *current = process_current(), old = *current;
    if (identity_set_files(&have, &current->fsgid, (uint32_t)a->a0))
        identity_changed(&old);
    return old.fsgid;
}

long kernel_sys_getgroups(const struct syscall_arguments *a)
{
    const struct groups *groups = process_current()->groups;
    int room = (int)a->a0, count = groups ? (int)groups->count : 0;
    if (room < 0 || (room && room < count))
        return -EINVAL;
    if (room && count && user_copy_out(a->a1, groups->of, (uint64_t)count * sizeof(groups->of[0])))
        return -EFAULT;
    return count;
}

/* A list for this process from user memory: 0 or -errno. */
static long identity_groups_in(uint64_t address, uint32_t count, struct groups **list)
{
    struct groups *groups = *list = groups_create(count);
    if (!groups)
        return -ENOMEM;
    long status = user_copy_in(groups->of, address, (uint64_t)count * sizeof(groups->of[0])) ? -EFAULT : 0;
    for (uint32_t i = 0; status == 0 && i < count; i++)
        if (groups->of[i] == IDENTITY_KEEP)
            status = -EINVAL;
    if (status < 0)
        groups_release(groups);
    else
        groups_sort(groups);
    return status;
}

long kernel_sys_setgroups(const struct syscall_arguments *a)
{
    struct process *current = process_current();
    struct groups *groups = 0;
    uint32_t count = (uint32_t)a->a0;
    if (!capability_held(CAPABILITY_SETGID))
        return -EPERM;
    if (count > GROUPS_LIMIT)
        return -EINVAL;
    long status = count ? identity_groups_in(a->a1, count, &groups) : 0;
    if (status < 0)
        return status;
    groups_release(current->groups);
    current->groups = groups;
    return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * User and group identities. There is no saved identity beside the real and effective ones, and no
 * supplementary group.
 */
#include "kernel/errno.h"
#include "kernel/process.h"
#include "memory/user_copy.h"
#include "syscall/kernel_calls.h"

#define IDENTITY_KEEP UINT32_MAX

/* May the running process take this identity on? */
static bool identity_allowed(uint32_t wanted, uint32_t real, uint32_t effective)
{
    return wanted == IDENTITY_KEEP || process_current()->euid == 0 || wanted == real || wanted == effective;
}

static long identity_set(uint32_t *real, uint32_t *effective, uint64_t wanted_real, uint64_t wanted_effective)
{
    uint32_t new_real = (uint32_t)wanted_real, new_effective = (uint32_t)wanted_effective;
    if (!identity_allowed(new_real, *real, *effective) || !identity_allowed(new_effective, *real, *effective))
        return -EPERM;
    if (new_real != IDENTITY_KEEP)
        *real = new_real;
    if (new_effective != IDENTITY_KEEP)
        *effective = new_effective;
    return 0;
}

/* setuid and setgid: the superuser changes both, others the effective one. */
static long identity_set_one(uint32_t *real, uint32_t *effective, uint64_t wanted)
{
    return identity_set(real, effective, process_current()->euid == 0 ? wanted : IDENTITY_KEEP, wanted);
}

static long identity_out(const struct syscall_arguments *a, uint32_t real, uint32_t effective)
{
    if (user_copy_out(a->a0, &real, sizeof(real)) || user_copy_out(a->a1, &effective, sizeof(effective)) ||
        user_copy_out(a->a2, &effective, sizeof(effective)))
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
    struct process *p = process_current();
    return identity_set_one(&p->uid, &p->euid, a->a0);
}

long kernel_sys_setgid(const struct syscall_arguments *a)
{
    struct process *p = process_current();
    return identity_set_one(&p->gid, &p->egid, a->a0);
}

long kernel_sys_setreuid(const struct syscall_arguments *a)
{
    struct process *p = process_current();
    return identity_set(&p->uid, &p->euid, a->a0, a->a1);
}

long kernel_sys_setregid(const struct syscall_arguments *a)
{
    struct process *p = process_current();
    return identity_set(&p->gid, &p->egid, a->a0, a->a1);
}

long kernel_sys_setresuid(const struct syscall_arguments *a)
{
    return kernel_sys_setreuid(a);
}
long kernel_sys_setresgid(const struct syscall_arguments *a)
{
    return kernel_sys_setregid(a);
}

long kernel_sys_getresuid(const struct syscall_arguments *a)
{
    return identity_out(a, process_current()->uid, process_current()->euid);
}

long kernel_sys_getresgid(const struct syscall_arguments *a)
{
    return identity_out(a, process_current()->gid, process_current()->egid);
}

long kernel_sys_getgroups(const struct syscall_arguments *a)
{
    (void)a;
    return 0;
}

long kernel_sys_setgroups(const struct syscall_arguments *a)
{
    (void)a;
    return process_current()->euid == 0 ? 0 : -EPERM;
}

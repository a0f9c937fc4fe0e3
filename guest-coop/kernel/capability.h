/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the superuser may do, in parts (capabilities(7)): one bit each, by Linux's numbers. Whoever checks a privilege
 * asks for its capability here; identities (syscall/identity_calls.c), exec and capset change the sets.
 */
#ifndef KERNEL_CAPABILITY_H
#define KERNEL_CAPABILITY_H

#include "kernel/groups.h"
#include "kernel/process.h"

struct inode;

#define CAPABILITY_CHOWN        0u
#define CAPABILITY_DAC_OVERRIDE 1u
#define CAPABILITY_DAC_READ_SEARCH 2u
#define CAPABILITY_FOWNER       3u
#define CAPABILITY_FSETID       4u
#define CAPABILITY_KILL         5u
#define CAPABILITY_SETGID       6u
#define CAPABILITY_SETUID       7u
#define CAPABILITY_SETPCAP      8u
#define CAPABILITY_LINUX_IMMUTABLE 9u
#define CAPABILITY_NET_BIND_SERVICE 10u
#define CAPABILITY_NET_ADMIN    12u
#define CAPABILITY_NET_RAW      13u
#define CAPABILITY_IPC_LOCK     14u
#define CAPABILITY_IPC_OWNER    15u
#define CAPABILITY_SYS_CHROOT   18u
#define CAPABILITY_SYS_PTRACE   19u
#define CAPABILITY_SYS_ADMIN    21u
#define CAPABILITY_SYS_BOOT     22u
#define CAPABILITY_SYS_NICE     23u
#define CAPABILITY_SYS_RESOURCE 24u
#define CAPABILITY_SYS_TIME     25u
#define CAPABILITY_MKNOD        27u
#define CAPABILITY_MAC_OVERRIDE 32u
#define CAPABILITY_SYSLOG       34u

#define CAPABILITY_LAST 40u
#define CAPABILITY_ALL ((2ul << CAPABILITY_LAST) - 1)

/* "securebits", each with a lock in the bit above it. */
#define CAPABILITY_SECURE_NO_ROOT    0x01u /* exec gives user 0 nothing */
#define CAPABILITY_SECURE_NO_FIXUP   0x04u /* a change of identity changes no set */
#define CAPABILITY_SECURE_KEEP       0x10u /* leaving user 0 behind keeps what is permitted */
#define CAPABILITY_SECURE_NO_AMBIENT 0x40u /* nothing is added to the ambient set */
#define CAPABILITY_SECURE_LOCKS      0xaau

/* Has the running process it in force? */
static inline bool capability_held(unsigned capability)
{
    return process_current()->effective >> capability & 1;
}

/* Are all of its identities those that the running process really has? */
static inline bool capability_same_user(const struct process *process)
{
    const struct process *current = process_current();
    return current->uid == process->uid && current->uid == process->euid && current->uid == process->suid &&
           current->gid == process->gid && current->gid == process->egid && current->gid == process->sgid;
}

/* What a child or thread has from its maker: identities, groups (it had none) and capabilities. */
static inline void capability_copy(struct process *to, const struct process *from)
{
    to->uid = from->uid;
    to->gid = from->gid;
    to->euid = from->euid;
    to->egid = from->egid;
    to->suid = from->suid;
    to->sgid = from->sgid;
    to->fsuid = from->fsuid;
    to->fsgid = from->fsgid;
    to->groups = groups_hold(from->groups);
    to->effective = from->effective;
    to->permitted = from->permitted;
    to->inheritable = from->inheritable;
    to->bounding = from->bounding;
    to->ambient = from->ambient;
}

/* The process's user identities have changed from these (user_namespaces aside, capabilities(7), "Effect of user ID
 * changes"). */
void capability_identity_changed(struct process *process, uint32_t uid, uint32_t euid, uint32_t suid);

/* setfsuid(2) has changed this identity: what is about files comes and goes with user 0. */
void capability_files_changed(struct process *process, uint32_t fsuid);

/* exec: identities by the program's set-ID bits, saved ones too; the superuser gets the bounding set and what is
 * inheritable, others what is ambient: no file grants any. Nobody gets any who has asked for that
 * (PR_SET_NO_NEW_PRIVS). */
void capability_executed(struct process *process, const struct inode *program);

#endif

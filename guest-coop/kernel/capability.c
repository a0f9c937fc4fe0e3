/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How capabilities follow the user's identities, and both a program's set-ID bits.
 */
#include "kernel/capability.h"
#include "fs/inode.h"
#include "kernel/process_private.h"
#include "memory/address_space.h"

void capability_identity_changed(struct process *process, uint32_t uid, uint32_t euid, uint32_t suid)
{
    bool was = uid == 0 || euid == 0 || suid == 0;
    bool is = process->uid == 0 || process->euid == 0 || process->suid == 0;
    if (was && !is)
        process->permitted = process->effective = 0;
    else if (euid == 0 && process->euid != 0)
        process->effective = 0;
    else if (euid != 0 && process->euid == 0)
        process->effective = process->permitted;
    if (euid != process->euid)
        process->space->undumpable = true;
}

/* The identities that the program's modes give. */
static void capability_take_identities(struct process *process, const struct inode *program)
{
    uint32_t group = ABI_S_ISGID | ABI_S_IXGRP; /* without the right to execute it is something else */
    if (process->private->rules.no_new_privileges || inode_ignores_set_id(program))
        return;
    process->private->rules.personality &= ~PERSONALITY_NOT_RANDOM;
    if (program->mode & ABI_S_ISUID)
        process->euid = program->uid;
    if ((program->mode & group) == group)
        process->egid = program->gid;
}

void capability_executed(struct process *process, const struct inode *program)
{
    uint64_t permitted = process->permitted;
    uint32_t euid = process->euid, egid = process->egid;
    if (program->mode & (ABI_S_ISUID | ABI_S_ISGID))
        capability_take_identities(process, program);
    process->permitted = process->uid == 0 || process->euid == 0 ? CAPABILITY_ALL : 0;
    bool effective = process->euid == 0;
    bool other = process->euid != process->uid || process->egid != process->gid;
    if (process->private->rules.no_new_privileges && (other || process->permitted & ~permitted)) {
        process->euid = process->uid;
        process->egid = process->gid;
        process->permitted &= permitted;
        other = false;
    }
    process->effective = effective ? process->permitted : 0;
    process->suid = process->euid;
    process->sgid = process->egid;
    if (!other && process->euid == euid && process->egid == egid && !(process->permitted & ~permitted))
        return;
    process->private->leader->private->parent_death_signal = 0;
    process->space->undumpable = true;
}

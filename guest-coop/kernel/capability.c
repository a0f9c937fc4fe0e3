/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How capabilities follow the user's identities, and both a program's set-ID bits.
 */
#include "kernel/capability.h"
#include "fs/inode.h"
#include "kernel/process_private.h"
#include "memory/address_space.h"

/* Those about files, for setfsuid(2). */
#define ONE(name) (1ul << CAPABILITY_##name)
#define FILE_SET                                                                                                       \
    (ONE(CHOWN) | ONE(DAC_OVERRIDE) | ONE(DAC_READ_SEARCH) | ONE(FOWNER) | ONE(FSETID) | ONE(LINUX_IMMUTABLE) |        \
     ONE(MKNOD) | ONE(MAC_OVERRIDE))

void capability_identity_changed(struct process *process, uint32_t uid, uint32_t euid, uint32_t suid)
{
    uint8_t secure = process->private->rules.secure;
    bool was = uid == 0 || euid == 0 || suid == 0;
    bool is = process->uid == 0 || process->euid == 0 || process->suid == 0;
    if (secure & CAPABILITY_SECURE_NO_FIXUP)
        return;
    if (was && !is) {
        process->ambient = 0;
        if (!(secure & CAPABILITY_SECURE_KEEP))
            process->permitted = process->effective = 0;
    }
    if (euid == 0 && process->euid != 0)
        process->effective = 0;
    else if (euid != 0 && process->euid == 0)
        process->effective = process->permitted;
}

void capability_files_changed(struct process *process, uint32_t fsuid)
{
    if (process->private->rules.secure & CAPABILITY_SECURE_NO_FIXUP)
        return;
    if (fsuid == 0 && process->fsuid != 0)
        process->effective &= ~FILE_SET;
    else if (fsuid != 0 && process->fsuid == 0)
        process->effective |= process->permitted & FILE_SET;
}

/* The identities that the program's modes give. */
static void capability_take_identities(struct process *process, const struct inode *program)
{
    uint32_t group = ABI_S_ISGID | ABI_S_IXGRP; /* without the right to execute it is something else */
    if (process->private->rules.no_new_privileges || inode_volume_is(program, VOLUME_NO_SET_ID))
        return;
    process->private->rules.personality &= ~PERSONALITY_NOT_RANDOM;
    if (program->mode & ABI_S_ISUID)
        process->euid = program->uid;
    if ((program->mode & group) == group)
        process->egid = program->gid;
}

/* The sets of the new program, whose identities are there: capabilities(7), "Transformation of capabilities during
 * execve()". Has the program rights that its caller has not: is it to trust nothing that he gave it (AT_SECURE)? */
static bool capability_transform(struct process *process, uint64_t had)
{
    struct program_rules *rules = &process->private->rules;
    bool root = !(rules->secure & CAPABILITY_SECURE_NO_ROOT), effective = root && process->euid == 0;
    bool all = root && (process->uid == 0 || process->euid == 0);
    bool other = process->euid != process->uid || process->egid != process->gid;
    process->permitted = all ? process->bounding | process->inheritable : 0;
    if (rules->no_new_privileges && (other || process->permitted & ~had)) {
        process->euid = process->uid;
        process->egid = process->gid;
        process->permitted &= had;
    }
    if (other)
        process->ambient = 0;
    process->permitted |= process->ambient;
    process->effective = effective ? process->permitted : process->ambient;
    rules->secure &= (uint8_t)~CAPABILITY_SECURE_KEEP;
    return other;
}

void capability_executed(struct process *process, const struct inode *program)
{
    uint64_t permitted = process->permitted;
    uint32_t euid = process->euid, egid = process->egid, fsuid = process->fsuid, fsgid = process->fsgid;
    if (program->mode & (ABI_S_ISUID | ABI_S_ISGID))
        capability_take_identities(process, program);
    process->space->secure = capability_transform(process, permitted);
    process->suid = process->fsuid = process->euid;
    process->sgid = process->fsgid = process->egid;
    bool same = process->euid == process->uid && process->egid == process->gid && process->euid == euid &&
                process->egid == egid && process->fsuid == fsuid && process->fsgid == fsgid;
    if (same && !(process->permitted & ~permitted))
        return;
    process->private->leader->private->parent_death_signal = 0;
    process->space->undumpable = true;
}

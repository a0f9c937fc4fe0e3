/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How capabilities follow the user's identities.
 */
#include "kernel/capability.h"

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
}

void capability_executed(struct process *process)
{
    process->permitted = process->uid == 0 || process->euid == 0 ? CAPABILITY_ALL : 0;
    process->effective = process->euid == 0 ? process->permitted : 0;
}

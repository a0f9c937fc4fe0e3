/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Supplementary groups (credentials(7)): a sorted list that is never changed, shared by all who have it from the one
 * that set it. Who has none has no list, so that permission checks pay nothing for it.
 */
#ifndef KERNEL_GROUPS_H
#define KERNEL_GROUPS_H

#include "kernel/process.h"

#define GROUPS_LIMIT 65536u /* NGROUPS_MAX */

struct groups {
    uint32_t references, count;
    uint32_t of[]; /* ascending */
};

/* A list of that many, still to be filled in and sorted, or NULL when memory is exhausted. */
struct groups *groups_create(uint32_t count);

void groups_sort(struct groups *groups);

bool groups_contain(const struct groups *groups, uint32_t gid);

/* One more holder; NULL stays NULL. */
static inline struct groups *groups_hold(struct groups *groups)
{
    if (groups)
        groups->references++;
    return groups;
}

/* Gives a holder's reference back. */
void groups_release(struct groups *groups);

/* Is the group one of those that count for the running process's access to files and to System V objects? */
static inline bool groups_member(uint32_t gid)
{
    const struct process *process = process_current();
    return gid == process->fsgid || (process->groups && groups_contain(process->groups, gid));
}

#endif

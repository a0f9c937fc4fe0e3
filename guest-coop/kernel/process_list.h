/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All processes: by number, and as families.
 */
#ifndef KERNEL_PROCESS_LIST_H
#define KERNEL_PROCESS_LIST_H

#include "kernel/process_private.h"

extern struct spinlock process_list_lock;

/* A process with a number, a kernel stack and nothing else (its own actions are not even
 * zeroed), in no list yet; NULL when memory is exhausted. */
struct process *process_create(void);

/* Makes it known, as the last child of `parent` (NULL for the first). */
void process_publish(struct process *process, struct process *parent);

/* The hash by number, for threads; under process_list_lock. */
void process_hash_add(struct process *process);
void process_hash_remove(struct process *process);

/* Takes a dead process out of all lists and frees it. */
void process_destroy(struct process *process);

/* Gives the children of a dying process to the nearest ancestor that asked for orphans, else to the first process. */
void process_reparent_children(struct process *process);

/* POSIX, _exit(): SIGHUP and SIGCONT for a group that has just become orphaned and has a stopped member. The caller
 * knows that it was not orphaned before. */
void process_group_check_orphaned(int group_id);

/* The idle process of this CPU: number 0, in no list. */
struct process *process_create_idle(void);

#define PROCESS_PID_LIMIT 32768 /* numbers are below */
unsigned process_count(void);

/* Processes, also those not yet reaped, and threads of a real user. */
unsigned process_count_of(uint32_t uid);

#endif

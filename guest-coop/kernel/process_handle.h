/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What outlives a process whose number may be another's by now: a handle, made when somebody first asks for one
 * (fs/process_file.h), that knows the process until its record goes.
 */
#ifndef KERNEL_PROCESS_HANDLE_H
#define KERNEL_PROCESS_HANDLE_H

#include "kernel/process_private.h"

struct process_handle {
    uint32_t references;
    struct process *process;  /* the leader, or NULL: waited for and gone */
    struct wait_queue ended;  /* woken when its last thread ends, and when it is gone */
};

/* The handle of a leader's process, one reference added, or NULL when memory is exhausted. */
struct process_handle *process_handle_of(struct process *leader);

void process_handle_release(struct process_handle *handle);

/* Has the process ended, waited for or not? */
bool process_handle_ended(const struct process_handle *handle);

/* The leader's record goes. */
void process_handle_forget(struct process *leader);

#endif

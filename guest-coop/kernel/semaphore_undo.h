/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the end of a process gives back to System V semaphores (SEM_UNDO); kept by syscall/semaphore_calls.c.
 */
#ifndef KERNEL_SEMAPHORE_UNDO_H
#define KERNEL_SEMAPHORE_UNDO_H

struct process_private;

/* Gives back all that the process owes, and forgets it: at its end. */
void semaphore_undo_all(struct process_private *leader);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Round-robin scheduling: one queue of processes that want a CPU. User code is preempted by the tick, kernel
 * code gives the CPU up where it sleeps. Of those in the queue a process of a real-time class goes before all others,
 * in the order of their priorities; it runs until it sleeps, or one of a higher priority wakes.
 */
#ifndef KERNEL_SCHEDULER_H
#define KERNEL_SCHEDULER_H

#include "kernel/process_private.h"

/* Makes a process runnable; nothing happens to one that already is. Any context. */
void scheduler_wake(struct process *process);

/* Gives the CPU to the next runnable process. The caller has set its own state; one that is still runnable
 * goes to the queue's end. Returns when the caller is chosen again. */
void scheduler_switch(void);

/* The same for who goes behind all others of its priority. */
void scheduler_yield(void);

/* Puts a process into another class: its policy, and a priority that fits. */
void scheduler_set_class(struct process *process, unsigned policy, unsigned priority);

/* What SCHED_RESET_ON_FORK makes of a new process. */
void scheduler_reset_class(struct process *child);

/* The timer's interrupt: asks the running process to make room if somebody waits. */
void scheduler_tick(void);

/* Runs the first time slices; the calling context becomes this CPU's idle process. */
__attribute__((noreturn)) void scheduler_idle(void);

/* The successor's first duty after a switch: gives back what a dead predecessor stood on. */
void scheduler_finish_switch(void);

/* Puts a new process's kernel stack into the form that the first switch to it expects. `first` is run in the new
 * process before its trap frame is entered, or NULL. */
void scheduler_prepare(struct process *process, void (*first)(void));

/* Loads an address space's tables, or the kernel's alone when NULL, unless they are loaded already. */
struct address_space;
void scheduler_load_space(const struct address_space *space);

#endif

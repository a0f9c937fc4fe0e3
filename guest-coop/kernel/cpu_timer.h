/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interval timers of a process that count its time on the CPU (setitimer(2)): ITIMER_VIRTUAL in user mode,
 * ITIMER_PROF all of it. Most processes have none, and a pointer is all they cost.
 */
#ifndef KERNEL_CPU_TIMER_H
#define KERNEL_CPU_TIMER_H

#include "kernel/process_timer.h"

struct process_private;

/* By Linux's numbers, less one. */
enum cpu_timer_kind { CPU_TIMER_USER, CPU_TIMER_ALL, CPU_TIMER_KINDS };

/* Of a leader: arms it for so much time from now (0: disarms): 0 or -ENOMEM. */
int cpu_timer_set(struct process *leader, enum cpu_timer_kind kind, const struct process_timer_setting *setting);
void cpu_timer_get(const struct process *leader, enum cpu_timer_kind kind, struct process_timer_setting *setting);

/* The process has ended, and had some. */
void cpu_timer_delete_all(struct process_private *private);

#endif

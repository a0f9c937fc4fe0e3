/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of processes, and waiting for it.
 */
#ifndef KERNEL_EXIT_H
#define KERNEL_EXIT_H

#include "kernel/process.h"

/* Ends the running process with all its threads. `status` as wait4 gives it: code << 8, or the signal. */
__attribute__((noreturn)) void exit_process(int status);

/* Ends the running thread; the process ends with the last one, and has its status. */
__attribute__((noreturn)) void exit_thread(int status);

/* SIGCHLD and a wake-up for the parent of a process that ended, stopped or continued. */
void exit_notify_parent(struct process *process, int code, int status);

/* Marks a process that ended as unwanted when its parent ignores its children: it is not waited for. */
void exit_settle(struct process *process);

/* Gives back what is left of a parent's unwanted children. */
void exit_forget_unwanted(struct process *parent);

/* Lets the parent of a vfork child go on. */
void exit_release_vfork_parent(struct process *process);

/* wait4(2) and waitid(2) */
#define EXIT_WAIT_NOHANG    1u
#define EXIT_WAIT_UNTRACED  2u /* WSTOPPED */
#define EXIT_WAIT_EXITED    4u
#define EXIT_WAIT_CONTINUED 8u
#define EXIT_WAIT_NOREAP    0x01000000u /* WNOWAIT */
#define EXIT_WAIT_ALL       0x40000000u /* __WALL */
#define EXIT_WAIT_CLONE     0x80000000u /* __WCLONE */

struct exit_report {
    int pid;
    uint32_t uid;
    int status; /* as wait4 gives it */
    struct process_times times;
};

/*
 * Waits for a child: `pid` > 0 that one, 0 the own group, -1 any, < -1 that group. The child's number, 0 with NOHANG
 * when none is ready, or -errno.
 */
int exit_wait(int pid, uint32_t options, struct exit_report *report);

#endif

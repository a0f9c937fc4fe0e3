/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making, ending and waiting for processes; groups and sessions.
 */
#include "fs/linux_abi.h"
#include "fs/process_file.h"
#include "kernel/errno.h"
#include "kernel/exec.h"
#include "kernel/exit.h"
#include "kernel/fork.h"
#include "kernel/limits.h"
#include "kernel/scheduler.h"
#include "kernel/signal.h"
#include "kernel/thread.h"
#include "memory/heap.h"
#include "memory/layout.h"
#include "memory/user_copy.h"
#include "syscall/kernel_calls.h"
#include "syscall/user_path.h"
#include "syscall/time_values.h"
#include <coopvirt/string.h>

#define CLONE_SIGNAL_MASK 0xfful

#define WAIT_NOTHREAD 0x20000000u
#define WAIT_ID_ALL   0u
#define WAIT_ID_PID   1u
#define WAIT_ID_GROUP 2u
#define WAIT_ID_PIDFD 3u

long kernel_sys_getpid(const struct syscall_arguments *a)
{
    (void)a;
    return process_current()->leader_pid;
}

long kernel_sys_gettid(const struct syscall_arguments *a)
{
    (void)a;
    return process_current()->pid;
}

long kernel_sys_getppid(const struct syscall_arguments *a)
{
    (void)a;
    return process_current()->parent_pid;
}

long kernel_sys_sched_yield(const struct syscall_arguments *a)
{
    (void)a;
    scheduler_yield();
    return 0;
}

long kernel_sys_fork(const struct syscall_arguments *a)
{
    (void)a;
    struct fork_arguments fork = {.exit_signal = SIGNAL_CHLD};
    return fork_process(&fork);
}

long kernel_sys_vfork(const struct syscall_arguments *a)
{
    (void)a;
    struct fork_arguments fork = {.flags = FORK_VM | FORK_VFORK, .exit_signal = SIGNAL_CHLD};
    return fork_process(&fork);
}

long kernel_sys_clone(const struct syscall_arguments *a)
{
    uint32_t signal = a->a0 & CLONE_SIGNAL_MASK;
    uint64_t flags = (uint32_t)a->a0 & ~CLONE_SIGNAL_MASK;
    struct fork_arguments fork = {flags, a->a1, a->a2, a->a3, a->a4, signal <= SIGNAL_LAST ? signal : 0, a->a2};
    return fork_process(&fork);
}

/* struct clone_args of clone3(2). */
struct clone_arguments {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_bytes, tls;
    uint64_t set_tid, set_tid_count, cgroup; /* nothing of the kind is there */
};
_Static_assert(sizeof(struct clone_arguments) == 88, "struct clone_args");
#define CLONE_ARGUMENTS_LEAST 64u
#define CLONE_ARGUMENTS_MOST  4096u

/* A longer structure than is known may be given when the rest is 0. */
static long clone_read_arguments(const struct syscall_arguments *a, struct clone_arguments *arguments)
{
    uint8_t byte;
    uint64_t known = a->a1 < sizeof(*arguments) ? a->a1 : sizeof(*arguments);
    if (a->a1 > CLONE_ARGUMENTS_MOST)
        return -E2BIG;
    if (a->a1 < CLONE_ARGUMENTS_LEAST)
        return -EINVAL;
    memset(arguments, 0, sizeof(*arguments));
    if (user_copy_in(arguments, a->a0, known))
        return -EFAULT;
    for (uint64_t at = known; at < a->a1; at++) {
        if (user_copy_in(&byte, a->a0 + at, 1))
            return -EFAULT;
        if (byte)
            return -E2BIG;
    }
    return 0;
}

long kernel_sys_clone3(const struct syscall_arguments *a)
{
    struct clone_arguments given;
    long status = clone_read_arguments(a, &given);
    if (status < 0)
        return status;
    uint64_t flags = given.flags;
    bool no_signal = flags & (FORK_THREAD | FORK_PARENT);
    if (flags & (CLONE_SIGNAL_MASK | FORK_DETACHED) || (flags & FORK_SIGHAND && flags & FORK_CLEAR_SIGHAND))
        return -EINVAL;
    if (given.exit_signal > SIGNAL_LAST || (no_signal && given.exit_signal) || given.set_tid || given.set_tid_count)
        return -EINVAL;
    if (!given.stack != !given.stack_bytes || given.stack >= USER_TOP || given.stack_bytes > USER_TOP - given.stack)
        return -EINVAL;
    struct fork_arguments fork = {flags,           given.stack + given.stack_bytes, given.parent_tid,
                                  given.child_tid, given.tls,                       (uint32_t)given.exit_signal,
                                  given.pidfd};
    return fork_process(&fork);
}

long kernel_sys_execve(const struct syscall_arguments *a)
{
    struct exec_strings strings = {0, 0, 0, 0, 0};
    struct user_path path;
    if (process_current()->private->crowded && limits_processes_exceeded(0))
        return -EAGAIN;
    int status = user_path_get(&path, a->a0);
    if (status < 0)
        return status;
    status = exec_strings_copy(&strings, a->a1, a->a2);
    if (status == 0)
        status = exec_program(path.text, &strings);
    heap_free(strings.text);
    user_path_free(&path);
    if (status == EXEC_LOST)
        exit_process(SIGNAL_SEGV);
    return status;
}

long kernel_sys_exit(const struct syscall_arguments *a)
{
    exit_thread((int)(a->a0 & 0xff) << 8);
}

long kernel_sys_exit_group(const struct syscall_arguments *a)
{
    exit_process((int)(a->a0 & 0xff) << 8);
}

long kernel_sys_wait4(const struct syscall_arguments *a)
{
    struct exit_report report;
    uint32_t options = (uint32_t)a->a2 & ~WAIT_NOTHREAD;
    if (options & ~(EXIT_WAIT_NOHANG | EXIT_WAIT_UNTRACED | EXIT_WAIT_CONTINUED | EXIT_WAIT_ALL | EXIT_WAIT_CLONE))
        return -EINVAL;
    int pid = exit_wait((int)a->a0, options | EXIT_WAIT_EXITED, &report);
    if (pid <= 0)
        return pid;
    if (a->a1 && user_copy_out(a->a1, &report.status, sizeof(report.status)))
        return -EFAULT;
    if (a->a3 && time_rusage_out(a->a3, report.times.user_ns, report.times.system_ns, 0))
        return -EFAULT;
    return pid;
}

/* si_code and si_status of a report. */
static void wait_information(const struct exit_report *report, struct signal_information *information)
{
    information->pid = report->pid;
    information->uid = report->uid;
    if (report->status == 0xffff) {
        information->code = SIGNAL_CODE_CLD_CONTINUED;
        information->status = SIGNAL_CONT;
    } else if ((report->status & 0xff) == 0x7f) {
        information->code = SIGNAL_CODE_CLD_STOPPED;
        information->status = (uint32_t)report->status >> 8;
    } else if (report->status & 0x7f) {
        information->code = SIGNAL_CODE_CLD_KILLED;
        information->status = (uint32_t)report->status & 0x7f;
    } else {
        information->code = SIGNAL_CODE_CLD_EXITED;
        information->status = (uint32_t)report->status >> 8;
    }
}

/* The child that a descriptor means: 0 or -errno. One that does not block turns a wait into a look. */
static int wait_descriptor(int descriptor, int *wanted, bool *look)
{
    struct process *process;
    uint32_t flags;
    int status = descriptor < 0 ? -EINVAL : process_file_meant(descriptor, &process, &flags);
    if (status < 0)
        return status;
    if (!process)
        return -ECHILD;
    *wanted = process->pid;
    *look = flags & ABI_O_NONBLOCK;
    return 0;
}

/* Whom waitid(2) means, as exit_wait takes it: 0 or -errno. */
static int wait_meant(const struct syscall_arguments *a, int *wanted, bool *look)
{
    *look = false;
    switch (a->a0) {
    case WAIT_ID_ALL:
        *wanted = -1;
        return 0;
    case WAIT_ID_PID:
        *wanted = (int)a->a1;
        return 0;
    case WAIT_ID_GROUP:
        *wanted = a->a1 ? -(int)a->a1 : 0;
        return 0;
    case WAIT_ID_PIDFD:
        return wait_descriptor((int)a->a1, wanted, look);
    default:
        return -EINVAL;
    }
}

long kernel_sys_waitid(const struct syscall_arguments *a)
{
    struct exit_report report;
    struct signal_information information = {.code = 0};
    int wanted;
    bool look;
    if (!(a->a3 & (EXIT_WAIT_EXITED | EXIT_WAIT_UNTRACED | EXIT_WAIT_CONTINUED)))
        return -EINVAL;
    int status = wait_meant(a, &wanted, &look);
    if (status < 0)
        return status;
    int pid = exit_wait(wanted, (uint32_t)a->a3 | (look ? EXIT_WAIT_NOHANG : 0), &report);
    if (pid < 0)
        return pid;
    if (pid == 0 && look && !(a->a3 & EXIT_WAIT_NOHANG))
        return -EAGAIN;
    if (pid > 0)
        wait_information(&report, &information);
    if (a->a2 && signal_information_out(a->a2, pid ? SIGNAL_CHLD : 0, &information))
        return -EFAULT;
    if (pid && a->a4 && time_rusage_out(a->a4, report.times.user_ns, report.times.system_ns, 0))
        return -EFAULT;
    return 0;
}

long kernel_sys_getpgrp(const struct syscall_arguments *a)
{
    (void)a;
    return process_current()->group_id;
}

/* The process, by its leader, of that number or of a thread of that number; 0 means the running one. */
static struct process *process_named(int pid)
{
    struct process *process = pid ? process_find(pid) : process_current();
    return process ? process->private->leader : 0;
}

long kernel_sys_getpgid(const struct syscall_arguments *a)
{
    struct process *process = process_named((int)a->a0);
    return process ? process->group_id : -ESRCH;
}

long kernel_sys_getsid(const struct syscall_arguments *a)
{
    struct process *process = process_named((int)a->a0);
    return process ? process->session_id : -ESRCH;
}

struct group_search {
    int group, session;
    bool found;
};

static bool process_group_in_session(struct process *process, void *argument)
{
    struct group_search *search = argument;
    search->found = process->group_id == search->group && process->session_id == search->session;
    return search->found;
}

/* POSIX, setpgid(): oneself or a child that has not called exec, within the session. */
long kernel_sys_setpgid(const struct syscall_arguments *a)
{
    struct process *current = process_named(0), *process = process_named((int)a->a0);
    int group = (int)a->a1;
    if (group < 0)
        return -EINVAL;
    if (!process || (process != current && process->private->parent != current))
        return -ESRCH;
    if (group == 0)
        group = process->pid;
    if (process->session_id != current->session_id || process->session_id == process->pid)
        return -EPERM;
    if (process != current && process->private->executed)
        return -EACCES;
    if (group != process->pid) {
        struct group_search search = {group, current->session_id, false};
        process_visit(process_group_in_session, &search);
        if (!search.found)
            return -EPERM;
    }
    thread_set_group(process, group);
    return 0;
}

long kernel_sys_setsid(const struct syscall_arguments *a)
{
    struct process *current = process_named(0);
    (void)a;
    struct group_search search = {current->pid, current->session_id, false};
    process_visit(process_group_in_session, &search);
    if (search.found)
        return -EPERM;
    thread_set_session(current);
    return current->pid;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making, ending, waiting for and naming processes; groups and sessions; the calls by which C libraries set
 * themselves up.
 */
#include "fs/linux_abi.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/exec.h"
#include "kernel/exit.h"
#include "kernel/fork.h"
#include "kernel/futex.h"
#include "kernel/process_list.h"
#include "kernel/scheduler.h"
#include "kernel/signal.h"
#include "kernel/trap.h"
#include "memory/heap.h"
#include "memory/layout.h"
#include "memory/user_copy.h"
#include "pv/pv.h"
#include "syscall/kernel_calls.h"
#include "syscall/time_values.h"
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

#define CLONE_SIGNAL_MASK 0xfful

#define WAIT_WALL  0x40000000u
#define WAIT_CLONE 0x80000000u
#define WAIT_NOTHREAD 0x20000000u
#define WAIT_ID_ALL   0u
#define WAIT_ID_PID   1u
#define WAIT_ID_GROUP 2u

#define ARCH_SET_GS 0x1001u
#define ARCH_SET_FS 0x1002u
#define ARCH_GET_FS 0x1003u
#define ARCH_GET_GS 0x1004u

#define PRCTL_SET_PDEATHSIG 1u
#define PRCTL_GET_DUMPABLE  3u
#define PRCTL_SET_DUMPABLE  4u
#define PRCTL_SET_NAME      15u
#define PRCTL_GET_NAME      16u

#define FUTEX_WAIT_OP        0u
#define FUTEX_WAKE_OP        1u
#define FUTEX_WAIT_BITSET_OP 9u
#define FUTEX_WAKE_BITSET_OP 10u
#define FUTEX_FLAGS          (128u | 256u) /* private, realtime clock */
#define FUTEX_REALTIME       256u

long kernel_sys_getpid(const struct syscall_arguments *a)
{
    (void)a;
    return process_current()->pid;
}

long kernel_sys_gettid(const struct syscall_arguments *a) { return kernel_sys_getpid(a); }

long kernel_sys_getppid(const struct syscall_arguments *a)
{
    (void)a;
    return process_current()->parent_pid;
}

long kernel_sys_sched_yield(const struct syscall_arguments *a)
{
    (void)a;
    scheduler_switch();
    return 0;
}

long kernel_sys_fork(const struct syscall_arguments *a)
{
    (void)a;
    struct fork_arguments fork = {0, 0, 0, 0, 0};
    return fork_process(&fork);
}

long kernel_sys_vfork(const struct syscall_arguments *a)
{
    (void)a;
    struct fork_arguments fork = {.flags = FORK_VM | FORK_VFORK};
    return fork_process(&fork);
}

long kernel_sys_clone(const struct syscall_arguments *a)
{
    struct fork_arguments fork = {a->a0 & ~CLONE_SIGNAL_MASK, a->a1, a->a2, a->a3, a->a4};
    return fork_process(&fork);
}

long kernel_sys_execve(const struct syscall_arguments *a)
{
    char *path = heap_allocate(ABI_PATH_BYTES / 4);
    struct exec_strings strings = {0, 0, 0, 0, 0};
    if (!path)
        return -ENOMEM;
    long status = user_copy_string(path, a->a0, ABI_PATH_BYTES / 4);
    if (status >= 0)
        status = exec_strings_copy(&strings, a->a1, a->a2);
    if (status >= 0)
        status = exec_program(path, &strings);
    heap_free(strings.text);
    heap_free(path);
    return status;
}

long kernel_sys_exit(const struct syscall_arguments *a) { exit_process((int)(a->a0 & 0xff) << 8); }
long kernel_sys_exit_group(const struct syscall_arguments *a) { exit_process((int)(a->a0 & 0xff) << 8); }

long kernel_sys_wait4(const struct syscall_arguments *a)
{
    struct exit_report report;
    uint32_t options = (uint32_t)a->a2 & ~(WAIT_WALL | WAIT_CLONE | WAIT_NOTHREAD);
    if (options & ~(EXIT_WAIT_NOHANG | EXIT_WAIT_UNTRACED | EXIT_WAIT_CONTINUED))
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
        information->status = report->status >> 8;
    } else if (report->status & 0x7f) {
        information->code = SIGNAL_CODE_CLD_KILLED;
        information->status = report->status & 0x7f;
    } else {
        information->code = SIGNAL_CODE_CLD_EXITED;
        information->status = report->status >> 8;
    }
}

long kernel_sys_waitid(const struct syscall_arguments *a)
{
    struct exit_report report;
    struct signal_information information = {0, 0, 0, 0, 0, 0, 0};
    int wanted;
    switch (a->a0) {
    case WAIT_ID_ALL:
        wanted = -1;
        break;
    case WAIT_ID_PID:
        wanted = (int)a->a1;
        break;
    case WAIT_ID_GROUP:
        wanted = a->a1 ? -(int)a->a1 : 0;
        break;
    default:
        return -EINVAL;
    }
    if (!(a->a3 & (EXIT_WAIT_EXITED | EXIT_WAIT_UNTRACED | EXIT_WAIT_CONTINUED)))
        return -EINVAL;
    int pid = exit_wait(wanted, (uint32_t)a->a3, &report);
    if (pid < 0)
        return pid;
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

static struct process *process_named(int pid) { return pid ? process_find(pid) : process_current(); }

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
    struct process *current = process_current(), *process = process_named((int)a->a0);
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
    process->group_id = group;
    return 0;
}

long kernel_sys_setsid(const struct syscall_arguments *a)
{
    struct process *current = process_current();
    (void)a;
    struct group_search search = {current->pid, current->session_id, false};
    process_visit(process_group_in_session, &search);
    if (search.found)
        return -EPERM;
    current->group_id = current->session_id = current->pid;
    current->terminal = 0;
    return current->pid;
}

long kernel_sys_prctl(const struct syscall_arguments *a)
{
    struct process *current = process_current();
    char name[PROCESS_NAME_BYTES];
    switch (a->a0) {
    case PRCTL_SET_NAME:
        if (user_copy_string(name, a->a1, sizeof(name)) == -EFAULT)
            return -EFAULT;
        name[sizeof(name) - 1] = 0;
        memcpy(current->name, name, sizeof(name));
        return 0;
    case PRCTL_GET_NAME:
        return user_copy_out(a->a1, current->name, sizeof(current->name));
    case PRCTL_GET_DUMPABLE:
    case PRCTL_SET_DUMPABLE:
    case PRCTL_SET_PDEATHSIG:
        return 0;
    default:
        return -EINVAL;
    }
}

long kernel_sys_arch_prctl(const struct syscall_arguments *a)
{
    struct process_private *private = process_current()->private;
    uint64_t base;
    switch (a->a0) {
    case ARCH_SET_FS:
    case ARCH_SET_GS:
        if (a->a1 >= USER_TOP)
            return -EPERM;
        if (a->a0 == ARCH_SET_GS) {
            pv.cpu.msr_write(X86_MSR_KERNEL_GS_BASE, a->a1);
            return 0;
        }
        private->fs_base = a->a1;
        pv.cpu.fs_base_write(a->a1);
        return 0;
    case ARCH_GET_FS:
        return user_copy_out(a->a1, &private->fs_base, sizeof(private->fs_base));
    case ARCH_GET_GS:
        base = pv.cpu.msr_read(X86_MSR_KERNEL_GS_BASE);
        return user_copy_out(a->a1, &base, sizeof(base));
    default:
        return -EINVAL;
    }
}

long kernel_sys_set_tid_address(const struct syscall_arguments *a)
{
    process_current()->private->clear_tid = a->a0;
    return process_current()->pid;
}

/* Robust lists matter to threads only. */
long kernel_sys_set_robust_list(const struct syscall_arguments *a) { return a->a1 == 24 ? 0 : -EINVAL; }

static long futex_deadline(const struct syscall_arguments *a, uint32_t operation, uint64_t *deadline)
{
    uint64_t ns;
    *deadline = WAIT_FOREVER;
    if (!a->a3)
        return 0;
    long status = time_span_in(a->a3, &ns);
    if (status < 0)
        return status;
    uint64_t now = clock_monotonic_ns();
    if (operation == FUTEX_WAIT_OP) {
        *deadline = now + ns;
    } else if (a->a1 & FUTEX_REALTIME) {
        uint64_t real = clock_realtime_ns();
        *deadline = ns > real ? now + (ns - real) : now;
    } else {
        *deadline = ns;
    }
    return 0;
}

long kernel_sys_futex(const struct syscall_arguments *a)
{
    uint32_t operation = (uint32_t)a->a1 & ~FUTEX_FLAGS;
    uint64_t deadline;
    switch (operation) {
    case FUTEX_WAIT_OP:
    case FUTEX_WAIT_BITSET_OP: {
        long status = futex_deadline(a, operation, &deadline);
        return status < 0 ? status : futex_wait(a->a0, (uint32_t)a->a2, deadline);
    }
    case FUTEX_WAKE_OP:
    case FUTEX_WAKE_BITSET_OP:
        return futex_wake(a->a0, (uint32_t)a->a2);
    default:
        return -ENOSYS;
    }
}

/* One CPU. */
long kernel_sys_sched_getaffinity(const struct syscall_arguments *a)
{
    uint64_t mask = 1;
    if (a->a1 < sizeof(mask) || (a->a1 & 7))
        return -EINVAL;
    return user_copy_out(a->a2, &mask, sizeof(mask)) ? -EFAULT : (long)sizeof(mask);
}

long kernel_sys_sched_setaffinity(const struct syscall_arguments *a)
{
    uint8_t first;
    if (a->a1 == 0)
        return -EINVAL;
    if (user_copy_in(&first, a->a2, 1))
        return -EFAULT;
    return first & 1 ? 0 : -EINVAL;
}

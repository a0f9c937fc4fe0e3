/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls on signals.
 */
#include "fs/process_file.h"
#include "kernel/capability.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/signal.h"
#include "kernel/thread.h"
#include "kernel/trap.h"
#include "memory/user_copy.h"
#include "syscall/kernel_calls.h"
#include "syscall/time_values.h"

#define SET_BYTES     8
#define STACK_ONSTACK 1u
#define STACK_DISABLE 2u
#define STACK_LEAST   2048u

struct signal_stack_abi {
    uint64_t start;
    int32_t flags, pad;
    uint64_t bytes;
};

long kernel_sys_rt_sigaction(const struct syscall_arguments *a)
{
    struct process *current = process_current();
    struct signal_action action;
    if (a->a0 < 1 || a->a0 > SIGNAL_LAST || a->a3 != SET_BYTES)
        return -EINVAL;
    if (a->a1 && (a->a0 == SIGNAL_KILL || a->a0 == SIGNAL_STOP))
        return -EINVAL;
    if (a->a1 && user_copy_in(&action, a->a1, sizeof(action)))
        return -EFAULT;
    struct signal_action *slot = &current->private->actions[a->a0 - 1];
    if (a->a2 && user_copy_out(a->a2, slot, sizeof(*slot)))
        return -EFAULT;
    if (!a->a1)
        return 0;
    action.mask &= ~SIGNAL_SET_UNBLOCKABLE;
    *slot = action;
    /* POSIX: what is ignored now is no longer pending. */
    unsigned signal = (unsigned)a->a0;
    bool ignored = action.handler == SIGNAL_HANDLER_IGNORE ||
                   (action.handler == SIGNAL_HANDLER_DEFAULT && signal_default_action(signal) == SIGNAL_DEFAULT_IGNORE);
    if (ignored)
        signal_discard(current->private->leader, signal_bit(signal));
    signal_update(current);
    return 0;
}

long kernel_sys_rt_sigprocmask(const struct syscall_arguments *a)
{
    struct process *current = process_current();
    uint64_t old = current->private->signal_blocked, change;
    if (a->a3 != SET_BYTES)
        return -EINVAL;
    if (a->a1) {
        if (user_copy_in(&change, a->a1, sizeof(change)))
            return -EFAULT;
        if (!signal_set_change(&current->private->signal_blocked, (int)a->a0, change))
            return -EINVAL;
        signal_update(current);
    }
    return a->a2 ? user_copy_out(a->a2, &old, sizeof(old)) : 0;
}

long kernel_sys_rt_sigreturn(const struct syscall_arguments *a)
{
    (void)a;
    struct trap_frame *frame = process_current()->private->frame;
    if (!signal_frame_pop(frame)) {
        struct signal_information information = {.code = SIGNAL_CODE_KERNEL};
        frame->vector = 0;
        signal_force(SIGNAL_SEGV, &information);
    }
    return (long)frame->rax;
}

long kernel_sys_rt_sigpending(const struct syscall_arguments *a)
{
    struct process_private *private = process_current()->private;
    uint64_t pending = (private->signal_pending | private->leader->private->signal_shared) & private->signal_blocked;
    return a->a1 > SET_BYTES ? -EINVAL : user_copy_out(a->a0, &pending, a->a1);
}

/* Sleeps until a signal arrives that has a handler or ends the process. */
static long signal_sleep(void)
{
    static struct wait_queue nobody; /* never woken */
    while (!process_signal_pending())
        wait_queue_sleep(&nobody, WAIT_FOREVER);
    return -ERESTARTNOHAND;
}

long kernel_sys_pause(const struct syscall_arguments *a)
{
    (void)a;
    return signal_sleep();
}

long kernel_sys_rt_sigsuspend(const struct syscall_arguments *a)
{
    struct process *current = process_current();
    struct process_private *private = current->private;
    uint64_t mask;
    if (a->a1 != SET_BYTES)
        return -EINVAL;
    if (user_copy_in(&mask, a->a0, sizeof(mask)))
        return -EFAULT;
    private->signal_saved_blocked = private->signal_blocked;
    private->signal_restore_blocked = true;
    private->signal_blocked = mask & ~SIGNAL_SET_UNBLOCKABLE;
    signal_update(current);
    return signal_sleep();
}

/* Takes one of the wanted signals out of the pending set: its number or 0. */
static unsigned signal_take_wanted(uint64_t wanted, uint64_t address, long *status)
{
    struct signal_information information;
    unsigned signal = signal_dequeue(wanted, &information);
    if (!signal)
        return 0;
    *status = (long)signal;
    if (address && signal_information_out(address, signal, &information))
        *status = -EFAULT;
    return signal;
}

long kernel_sys_rt_sigtimedwait(const struct syscall_arguments *a)
{
    struct process *current = process_current();
    struct process_private *private = current->private;
    uint64_t wanted, deadline = WAIT_FOREVER;
    long status = -EAGAIN;
    if (a->a3 != SET_BYTES)
        return -EINVAL;
    if (user_copy_in(&wanted, a->a0, sizeof(wanted)))
        return -EFAULT;
    wanted &= ~SIGNAL_SET_UNBLOCKABLE;
    if (a->a2) {
        uint64_t ns;
        status = time_span_in(a->a2, &ns);
        if (status < 0)
            return status;
        deadline = clock_monotonic_ns() + ns;
    }
    /* Blocked while it waits, so that none is dropped for its action or taken by a handler; their arrival wakes it. */
    uint64_t blocked = private->signal_blocked;
    private->signal_blocked |= wanted;
    signal_update(current);
    for (;;) {
        status = -EAGAIN;
        if (signal_take_wanted(wanted, a->a1, &status))
            break;
        int slept = wait_queue_sleep(&private->leader->private->signal_arrival, deadline);
        if (signal_take_wanted(wanted, a->a1, &status) || slept == -ETIMEDOUT)
            break;
        if (slept < 0) {
            status = -EINTR;
            break;
        }
    }
    private->signal_blocked = blocked;
    signal_update(current);
    return status;
}

long kernel_sys_sigaltstack(const struct syscall_arguments *a)
{
    struct process *current = process_current();
    struct signal_stack *stack = &current->private->signal_stack;
    uint64_t pointer = current->private->frame->rsp;
    bool inside = stack->bytes && pointer > stack->start && pointer - stack->start <= stack->bytes;
    struct signal_stack_abi old = {.start = stack->start, .bytes = stack->bytes}, wanted;
    old.flags = (int32_t)(stack->bytes == 0 ? STACK_DISABLE : inside ? STACK_ONSTACK : 0);
    if (a->a0) {
        if (user_copy_in(&wanted, a->a0, sizeof(wanted)))
            return -EFAULT;
        if (inside)
            return -EPERM;
        if (wanted.flags & ~(int32_t)(STACK_DISABLE | STACK_ONSTACK))
            return -EINVAL;
        if (wanted.flags & (int32_t)STACK_DISABLE)
            wanted.start = wanted.bytes = 0;
        else if (wanted.bytes < STACK_LEAST)
            return -ENOMEM;
    }
    if (a->a1 && user_copy_out(a->a1, &old, sizeof(old)))
        return -EFAULT;
    if (a->a0)
        *stack = (struct signal_stack){wanted.start, wanted.bytes, 0};
    return 0;
}

/* May the running process send to that one? kill(2). */
static bool signal_permitted(const struct process *to, unsigned signal)
{
    const struct process *from = process_current();
    return capability_held(CAPABILITY_KILL) || from->euid == to->suid || from->euid == to->uid ||
           from->uid == to->suid || from->uid == to->uid ||
           (signal == SIGNAL_CONT && from->session_id == to->session_id);
}

struct kill_all {
    unsigned signal;
    const struct signal_information *information;
    int group; /* 0 = everybody but the first process and the caller */
    int status;
};

static bool signal_kill_visit(struct process *process, void *argument)
{
    struct kill_all *all = argument;
    const struct process *self = process_current()->private->leader;
    bool wanted = all->group ? process->group_id == all->group : process->pid != 1 && process != self;
    if (!wanted || (thread_all_ended(process) && all->group == 0))
        return false;
    if (signal_permitted(process, all->signal))
        all->status = signal_send(process, all->signal, all->information);
    else if (all->status == -ESRCH)
        all->status = -EPERM;
    return false;
}

long kernel_sys_kill(const struct syscall_arguments *a)
{
    struct process *current = process_current();
    int pid = (int)a->a0;
    struct signal_information information = {.code = SIGNAL_CODE_USER, .pid = current->leader_pid, .uid = current->uid};
    if (a->a1 > SIGNAL_LAST)
        return -EINVAL;
    if (pid > 0) {
        struct process *process = process_find(pid);
        if (!process)
            return -ESRCH;
        return signal_permitted(process, (unsigned)a->a1) ? signal_send(process, (unsigned)a->a1, &information)
                                                          : -EPERM;
    }
    struct kill_all all = {(unsigned)a->a1, &information, pid == 0 ? current->group_id : -pid, -ESRCH};
    if (pid == -1)
        all.group = 0;
    process_visit(signal_kill_visit, &all);
    return all.status;
}

/* To one thread; `process` 0: whatever process it is of. */
static long signal_kill_thread(int process, int number, uint64_t signal, const struct signal_information *information)
{
    struct process *thread = process_find(number);
    if (signal > SIGNAL_LAST || number <= 0)
        return -EINVAL;
    if (!thread || (process && thread->leader_pid != process))
        return -ESRCH;
    return signal_permitted(thread, (unsigned)signal) ? signal_send_thread(thread, (unsigned)signal, information)
                                                      : -EPERM;
}

static long signal_kill_by_number(int process, int number, uint64_t signal)
{
    const struct process *current = process_current();
    struct signal_information information = {
        .code = SIGNAL_CODE_TKILL, .pid = current->leader_pid, .uid = current->uid};
    return signal_kill_thread(process, number, signal, &information);
}

long kernel_sys_tkill(const struct syscall_arguments *a)
{
    return signal_kill_by_number(0, (int)a->a0, a->a1);
}

long kernel_sys_tgkill(const struct syscall_arguments *a)
{
    return (int)a->a0 > 0 ? signal_kill_by_number((int)a->a0, (int)a->a1, a->a2) : -EINVAL;
}

/* What the sender wants siginfo_t to say: others than the process itself may not take it for the kernel's or kill's. */
static long signal_information_wanted(uint64_t address, int process, struct signal_information *information)
{
    if (signal_information_in(address, information))
        return -EFAULT;
    bool foreign = process != process_current()->leader_pid;
    return foreign && (information->code >= 0 || information->code == SIGNAL_CODE_TKILL) ? -EPERM : 0;
}

long kernel_sys_rt_sigqueueinfo(const struct syscall_arguments *a)
{
    struct signal_information information;
    long status = signal_information_wanted(a->a2, (int)a->a0, &information);
    if (status < 0)
        return status;
    struct process *process = (int)a->a0 > 0 ? process_find((int)a->a0) : 0;
    if (a->a1 > SIGNAL_LAST)
        return -EINVAL;
    if (!process)
        return -ESRCH;
    return signal_permitted(process, (unsigned)a->a1) ? signal_send(process, (unsigned)a->a1, &information) : -EPERM;
}

/* By a descriptor of the process; without anything to say, as kill says it. */
long kernel_sys_pidfd_send_signal(const struct syscall_arguments *a)
{
    const struct process *current = process_current();
    struct process *process;
    struct signal_information information = {.code = SIGNAL_CODE_USER, .pid = current->leader_pid, .uid = current->uid};
    uint32_t number = 0;
    if ((uint32_t)a->a3)
        return -EINVAL;
    long status = process_file_meant((int)a->a0, &process, 0);
    if (status < 0)
        return status;
    int meant = process ? process->pid : 0;
    if (a->a2 && user_copy_in(&number, a->a2, sizeof(number)))
        return -EFAULT;
    if (a->a2 && number != (uint32_t)a->a1)
        return -EINVAL;
    status = a->a2 ? signal_information_wanted(a->a2, meant, &information) : 0;
    /* Copying may have slept, and the process be gone. */
    if (status == 0)
        status = process_file_meant((int)a->a0, &process, 0);
    if (status < 0)
        return status;
    if (!process)
        return -ESRCH;
    if ((uint32_t)a->a1 > SIGNAL_LAST)
        return -EINVAL;
    return signal_permitted(process, (uint32_t)a->a1) ? signal_send(process, (uint32_t)a->a1, &information) : -EPERM;
}

long kernel_sys_rt_tgsigqueueinfo(const struct syscall_arguments *a)
{
    struct signal_information information;
    if ((int)a->a0 <= 0 || (int)a->a1 <= 0)
        return -EINVAL;
    long status = signal_information_wanted(a->a3, (int)a->a0, &information);
    return status < 0 ? status : signal_kill_thread((int)a->a0, (int)a->a1, a->a2, &information);
}

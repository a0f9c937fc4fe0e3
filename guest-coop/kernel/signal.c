/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sending and delivering signals. A pending set per process; information for the standard signals
 * is kept once each, the real-time ones are a set as well. Delivery happens only on the way to user mode.
 */
#include "kernel/signal.h"
#include "kernel/errno.h"
#include "kernel/exit.h"
#include "kernel/log.h"
#include "kernel/process_list.h"
#include "kernel/scheduler.h"
#include "kernel/cpu.h"
#include "kernel/trap.h"

#define SYSCALL_INSTRUCTION_BYTES 2

static struct signal_information *signal_information_of(struct process_private *private, unsigned signal)
{
    return &private->information[signal < SIGNAL_COUNT / 2 ? signal : 0];
}

static bool signal_ignored(const struct process_private *private, unsigned signal)
{
    uint64_t handler = private->actions[signal - 1].handler;
    if (handler == SIGNAL_HANDLER_DEFAULT)
        return signal_default_action(signal) == SIGNAL_DEFAULT_IGNORE ||
               signal_default_action(signal) == SIGNAL_DEFAULT_CONTINUE;
    return handler == SIGNAL_HANDLER_IGNORE;
}

void signal_update(struct process *process)
{
    struct process_private *private = process->private;
    if (signal_set_next(private->signal_pending, private->signal_blocked))
    private->attention |= ATTENTION_SIGNAL;
    else private->attention &= ~ATTENTION_SIGNAL;
}

static void signal_continue(struct process *process)
{
    struct process_private *private = process->private;
    private->signal_pending &= ~SIGNAL_SET_STOPS;
    if (process->state != PROCESS_STOPPED)
        return;
    private->stop_signal = 0;
    private->continued = true;
    scheduler_wake(process);
    exit_notify_parent(process, SIGNAL_CODE_CLD_CONTINUED, SIGNAL_CONT);
}

/* Makes a process look at its signals: an interruptible sleep ends, a stop ends only for KILL. */
static void signal_wake(struct process *process, unsigned signal)
{
    const struct process_private *private = process->private;
    bool asleep = process->state == PROCESS_SLEEPING && !private->uninterruptible;
    if (signal != SIGNAL_KILL && (private->only_killable || process->state == PROCESS_STOPPED))
        return;
    if (asleep || process->state == PROCESS_STOPPED)
        scheduler_wake(process);
}

int signal_send(struct process *process, unsigned signal, const struct signal_information *information)
{
    struct process_private *private = process->private;
    if (signal > SIGNAL_LAST)
        return -EINVAL;
    if (signal == 0 || process->state == PROCESS_ZOMBIE)
        return 0;
    if (signal == SIGNAL_CONT)
        signal_continue(process);
    else if (signal_bit(signal) & SIGNAL_SET_STOPS)
    private->signal_pending &= ~signal_bit(SIGNAL_CONT);
    /* The first process has no default actions: it cannot be ended by accident. */
    bool protected = process->pid == 1 && private->actions[signal - 1].handler == SIGNAL_HANDLER_DEFAULT;
    bool blocked = private->signal_blocked & signal_bit(signal) & ~SIGNAL_SET_UNBLOCKABLE;
    if (!blocked && (protected || signal_ignored(private, signal)))
        return 0;
    if (!(private->signal_pending & signal_bit(signal)))
        *signal_information_of(private, signal) = *information;
    private->signal_pending |= signal_bit(signal);
    signal_update(process);
    if (!blocked)
        signal_wake(process, signal);
    return 0;
}

int process_signal(struct process *process, int signal)
{
    struct signal_information information = {.code = SIGNAL_CODE_KERNEL};
    return signal < 0 ? -EINVAL : signal_send(process, (unsigned)signal, &information);
}

void signal_force(unsigned signal, const struct signal_information *information)
{
    struct process *current = process_current();
    struct process_private *private = current->private;
    struct signal_action *action = &private->actions[signal - 1];
    if (action->handler == SIGNAL_HANDLER_IGNORE || (private->signal_blocked & signal_bit(signal))) {
        action->handler = SIGNAL_HANDLER_DEFAULT;
        private->signal_blocked &= ~signal_bit(signal);
    }
    *signal_information_of(private, signal) = *information;
    private->signal_pending |= signal_bit(signal);
    signal_update(current);
}

bool process_signal_pending(void)
{
    struct process_private *private = process_current()->private;
    uint64_t pending = private->signal_pending & ~(private->signal_blocked & ~SIGNAL_SET_UNBLOCKABLE);
    if (private->only_killable)
        pending &= signal_bit(SIGNAL_KILL);
    while (pending) {
        unsigned signal = signal_set_next(pending, 0);
        if (!signal_ignored(private, signal))
            return true;
        pending &= ~signal_bit(signal);
    }
    return false;
}

bool process_signal_ineffective(int signal)
{
    struct process_private *private = process_current()->private;
    return (private->signal_blocked & signal_bit((unsigned)signal)) ||
           private->actions[signal - 1].handler == SIGNAL_HANDLER_IGNORE;
}

void signal_reset_for_exec(struct process_private *private)
{
    for (unsigned i = 0; i < SIGNAL_COUNT; i++) {
        bool ignored = private->actions[i].handler == SIGNAL_HANDLER_IGNORE;
        private->actions[i] = (struct signal_action){ignored ? SIGNAL_HANDLER_IGNORE : SIGNAL_HANDLER_DEFAULT, 0, 0, 0};
    }
    private->signal_stack = (struct signal_stack){0, 0, 0};
}

/* Stops the running process until SIGCONT or SIGKILL. */
static void signal_stop(unsigned signal)
{
    struct process *current = process_current();
    current->private->stop_signal = (int)signal;
    current->private->continued = false;
    current->state = PROCESS_STOPPED;
    exit_notify_parent(current, SIGNAL_CODE_CLD_STOPPED, (int)signal);
    scheduler_switch();
}

static void signal_default(unsigned signal, const struct signal_information *information)
{
    struct process *current = process_current();
    switch (signal_default_action(signal)) {
    case SIGNAL_DEFAULT_STOP:
        if (signal != SIGNAL_STOP && process_group_orphaned(current->group_id))
            return;
        signal_stop(signal);
        return;
    case SIGNAL_DEFAULT_DUMP:
        log_line(LOG_INFO, "process %d (%s): signal %u, code %d, address 0x%lx, rip 0x%lx", current->pid, current->name,
                 signal, information->code, information->address, current->private->frame->rip);
        exit_process((int)signal);
    case SIGNAL_DEFAULT_END:
        if (current->pid == 1 && signal != SIGNAL_KILL)
            return;
        exit_process((int)signal);
    default:
        return;
    }
}

/* An interrupted system call, now that it is known whether a handler runs. */
static void signal_settle_call(struct trap_frame *frame, const struct signal_action *action)
{
    if (frame->vector != VECTOR_SYSCALL)
        return;
    long result = (long)frame->rax;
    if (result != -ERESTARTSYS && result != -ERESTARTNOHAND)
        return;
    bool restart = !action || (result == -ERESTARTSYS && (action->flags & SIGNAL_FLAG_RESTART));
    if (restart) {
        frame->rax = frame->error;
        frame->rip -= SYSCALL_INSTRUCTION_BYTES;
    } else {
        frame->rax = (uint64_t)-EINTR;
        process_current()->private->restart_deadline = 0;
    }
}

static void signal_handle(struct trap_frame *frame, unsigned signal, struct signal_action *action,
                          const struct signal_information *information)
{
    struct process_private *private = process_current()->private;
    struct signal_action taken = *action;
    signal_settle_call(frame, &taken);
    uint64_t mask = private->signal_restore_blocked ? private->signal_saved_blocked : private->signal_blocked;
    private->signal_restore_blocked = false;
    if (!signal_frame_push(frame, signal, &taken, information, mask)) {
        struct signal_information segv = {.code = SIGNAL_CODE_KERNEL};
        if (signal == SIGNAL_SEGV)
            action->handler = SIGNAL_HANDLER_DEFAULT; /* no stack even for that: the end */
        signal_force(SIGNAL_SEGV, &segv);
        return;
    }
    if (taken.flags & SIGNAL_FLAG_RESETHAND)
        action->handler = SIGNAL_HANDLER_DEFAULT;
    private->signal_blocked |= taken.mask & ~SIGNAL_SET_UNBLOCKABLE;
    if (!(taken.flags & SIGNAL_FLAG_NODEFER))
    private->signal_blocked |= signal_bit(signal);
}

void signal_deliver(struct trap_frame *frame)
{
    struct process *current = process_current();
    struct process_private *private = current->private;
    unsigned signal;
    while ((signal = signal_set_next(private->signal_pending, private->signal_blocked)) != 0) {
        struct signal_information information = *signal_information_of(private, signal);
        struct signal_action *action = &private->actions[signal - 1];
        private->signal_pending &= ~signal_bit(signal);
        if (action->handler == SIGNAL_HANDLER_DEFAULT)
            signal_default(signal, &information);
        else if (action->handler != SIGNAL_HANDLER_IGNORE)
            signal_handle(frame, signal, action, &information);
    }
    signal_settle_call(frame, 0);
    if (private->signal_restore_blocked) {
        private->signal_restore_blocked = false;
        private->signal_blocked = private->signal_saved_blocked;
    }
    signal_update(current);
}

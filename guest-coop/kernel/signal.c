/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sending and delivering signals: who gets one, and what it does there. What is pending is kept by signal_pending.c.
 * Delivery happens only on the way to user mode.
 */
#include "kernel/signal.h"
#include "kernel/errno.h"
#include "kernel/exit.h"
#include "kernel/log.h"
#include "kernel/rseq.h"
#include "kernel/scheduler.h"
#include "kernel/thread.h"
#include "kernel/cpu.h"
#include "kernel/trap.h"

#define SYSCALL_INSTRUCTION_BYTES 2

static bool signal_ignored(const struct process_private *private, unsigned signal)
{
    uint64_t handler = private->actions[signal - 1].handler;
    if (handler == SIGNAL_HANDLER_DEFAULT)
        return signal_default_action(signal) == SIGNAL_DEFAULT_IGNORE ||
               signal_default_action(signal) == SIGNAL_DEFAULT_CONTINUE;
    return handler == SIGNAL_HANDLER_IGNORE;
}

static void signal_continue(struct process *leader)
{
    bool stopped = leader->private->stop_signal != 0;
    signal_discard(leader, SIGNAL_SET_STOPS);
    for (struct process *thread = leader; thread; thread = thread_next(thread)) {
        if (thread->state != PROCESS_STOPPED)
            continue;
        stopped = true;
        scheduler_wake(thread);
    }
    leader->private->group_stop = 0;
    leader->private->stop_signal = 0;
    if (!stopped)
        return;
    leader->private->continued = true;
    exit_notify_parent(leader, SIGNAL_CODE_CLD_CONTINUED, SIGNAL_CONT);
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

#define SIGNAL_SET_PREPARED (SIGNAL_SET_STOPS | 1ul << (SIGNAL_CONT - 1) | 1ul << (SIGNAL_KILL - 1))

/* What some signals do to the process when they are sent, whoever takes them. */
static void signal_prepare(struct process *leader, unsigned signal)
{
    if (signal == SIGNAL_CONT) {
        signal_continue(leader);
    } else if (signal == SIGNAL_KILL) {
        leader->private->stop_signal = 0;
    } else {
        signal_discard(leader, signal_bit(SIGNAL_CONT));
    }
}

/* Puts the signal among the thread's own: 0, -EAGAIN, or -ESRCH when it is ignored. */
static int signal_post(struct process *process, unsigned signal, const struct signal_information *information,
                       struct signal_queued *entry)
{
    struct process_private *private = process->private;
    /* The first process has no default actions: it cannot be ended by accident. */
    bool protected = process->leader_pid == 1 && private->actions[signal - 1].handler == SIGNAL_HANDLER_DEFAULT;
    bool blocked = private->signal_blocked & signal_bit(signal) & ~SIGNAL_SET_UNBLOCKABLE;
    if (!blocked && (protected || signal_ignored(private, signal)))
        return -ESRCH;
    int status = signal_put(process, signal, information, entry);
    if (status < 0)
        return status;
    signal_update(process);
    if (!blocked)
        signal_wake(process, signal);
    if (private->leader->private->signal_arrival.first)
        wait_queue_wake(&private->leader->private->signal_arrival);
    return 0;
}

/* The thread that a signal to the process goes to: the running one or the first that does not block it, or NULL. */
static struct process *signal_taker(struct process *leader, unsigned signal)
{
    struct process *current = process_current(), *found = 0;
    for (struct process *thread = leader; thread; thread = thread_next(thread)) {
        if (thread->state == PROCESS_ZOMBIE || (thread->private->signal_blocked & signal_bit(signal)))
            continue;
        if (thread == current)
            return thread;
        if (!found)
            found = thread;
    }
    return found;
}

/* To the process: as signal_post. */
static int signal_post_process(struct process *leader, unsigned signal, const struct signal_information *information,
                               struct signal_queued *entry)
{
    struct process_private *private = leader->private;
    if (signal_bit(signal) & SIGNAL_SET_PREPARED)
        signal_prepare(leader, signal);
    struct process *taker = leader;
    if (private->thread_count > 1 || leader->state == PROCESS_ZOMBIE)
        taker = signal_taker(leader, signal);
    if (taker) {
        if (private->thread_count > 1 && !(taker->private->signal_pending & signal_bit(signal)))
            taker->private->signal_given |= signal_bit(signal);
        return signal_post(taker, signal, information, entry);
    }
    int status = signal_put_queued(leader, true, signal, information, entry);
    if (status == 0 && private->signal_arrival.first)
        wait_queue_wake(&private->signal_arrival);
    return status;
}

void signal_hand_on(struct process *thread)
{
    struct process_private *private = thread->private;
    struct process *leader = private->leader;
    unsigned signal;
    while ((signal = signal_set_next(private->signal_pending & private->signal_given, 0)) != 0) {
        struct signal_information information;
        signal_take(private, signal, &information);
        signal_post_process(leader, signal, &information, 0);
    }
    signal_discard_own(private);
}

int signal_send(struct process *process, unsigned signal, const struct signal_information *information)
{
    struct process *leader = process->private->leader;
    if (signal > SIGNAL_LAST)
        return -EINVAL;
    if (signal == 0 || leader->private->thread_count == 0)
        return 0;
    int status = signal_post_process(leader, signal, information, 0);
    return status == -ESRCH ? 0 : status;
}

int signal_send_thread(struct process *thread, unsigned signal, const struct signal_information *information)
{
    if (signal > SIGNAL_LAST)
        return -EINVAL;
    if (signal == 0 || thread->state == PROCESS_ZOMBIE)
        return 0;
    if (signal_bit(signal) & SIGNAL_SET_PREPARED)
        signal_prepare(thread->private->leader, signal);
    if (!(thread->private->signal_pending & signal_bit(signal)))
        thread->private->signal_given &= ~signal_bit(signal);
    int status = signal_post(thread, signal, information, 0);
    return status == -ESRCH ? 0 : status;
}

int signal_send_timer(struct process *leader, int thread, unsigned signal, struct signal_queued *entry)
{
    if (!thread)
        return signal_post_process(leader, signal, &entry->information, entry);
    struct process *receiver = process_find(thread);
    if (!receiver || receiver->private->leader != leader || receiver->state == PROCESS_ZOMBIE)
        return -ESRCH;
    if (signal_bit(signal) & SIGNAL_SET_PREPARED)
        signal_prepare(leader, signal);
    if (!(receiver->private->signal_pending & signal_bit(signal)))
        receiver->private->signal_given &= ~signal_bit(signal);
    return signal_post(receiver, signal, &entry->information, entry);
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
    signal_put(current, signal, information, 0);
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

void signal_reset_actions(struct process_private *private)
{
    for (unsigned i = 0; i < SIGNAL_COUNT; i++) {
        bool ignored = private->actions[i].handler == SIGNAL_HANDLER_IGNORE;
        private->actions[i] = (struct signal_action){ignored ? SIGNAL_HANDLER_IGNORE : SIGNAL_HANDLER_DEFAULT, 0, 0, 0};
    }
}

void signal_reset_for_exec(struct process_private *private)
{
    signal_reset_actions(private);
    private->signal_stack = (struct signal_stack){0, 0, 0};
}

/* Stops the running process until SIGCONT or SIGKILL. Its other threads stop when they come to deliver the same signal.
 */
static void signal_stop(unsigned signal)
{
    struct process *current = process_current(), *leader = current->private->leader;
    bool first = !leader->private->group_stop;
    if (first) {
        leader->private->group_stop = (int)signal;
        leader->private->stop_signal = (int)signal;
        leader->private->continued = false;
    }
    for (struct process *thread = leader; first && thread; thread = thread_next(thread)) {
        if (thread == current || thread->state == PROCESS_ZOMBIE)
            continue;
        thread->private->signal_pending |= signal_bit(SIGNAL_STOP);
        signal_update(thread);
        signal_wake(thread, SIGNAL_STOP);
    }
    current->state = PROCESS_STOPPED;
    if (first)
        exit_notify_parent(leader, SIGNAL_CODE_CLD_STOPPED, (int)signal);
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
        if (current->leader_pid == 1 && signal != SIGNAL_KILL)
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
    if (result != -ERESTARTSYS && result != -ERESTARTNOINTR && result != -ERESTARTNOHAND)
        return;
    bool restart = !action || result == -ERESTARTNOINTR ||
                   (result == -ERESTARTSYS && (action->flags & SIGNAL_FLAG_RESTART));
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
    if (private->rseq.address)
        rseq_interrupted(frame, signal);
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
    uint64_t blocked = taken.mask & ~SIGNAL_SET_UNBLOCKABLE;
    if (!(taken.flags & SIGNAL_FLAG_NODEFER))
        blocked |= signal_bit(signal);
    private->signal_blocked |= blocked;
}

void signal_deliver(struct trap_frame *frame)
{
    struct process *current = cpu_this()->current;
    struct process_private *private = current->private;
    unsigned signal;
    while ((signal = signal_set_next(private->signal_pending, private->signal_blocked)) != 0) {
        struct signal_information information;
        struct signal_action *action = &private->actions[signal - 1];
        signal_take(private, signal, &information);
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals between processes: sending, and delivery on the way back to user mode.
 */
#ifndef KERNEL_SIGNAL_H
#define KERNEL_SIGNAL_H

#include "kernel/process_private.h"
#include "kernel/signal_set.h"

#define SIGNAL_HANDLER_DEFAULT 0ul
#define SIGNAL_HANDLER_IGNORE  1ul

/* sigaction(2), sa_flags */
#define SIGNAL_FLAG_NOCLDSTOP 0x00000001ul
#define SIGNAL_FLAG_NOCLDWAIT 0x00000002ul
#define SIGNAL_FLAG_SIGINFO   0x00000004ul
#define SIGNAL_FLAG_RESTORER  0x04000000ul
#define SIGNAL_FLAG_ONSTACK   0x08000000ul
#define SIGNAL_FLAG_RESTART   0x10000000ul
#define SIGNAL_FLAG_NODEFER   0x40000000ul
#define SIGNAL_FLAG_RESETHAND 0x80000000ul

struct trap_frame;

/* Sends to a process, whose thread is given, or to that thread alone, with what siginfo_t is to say: 0, -EINVAL, or
 * -EAGAIN when its queue is full. Signal 0 sends nothing. */
int signal_send_thread(struct process *thread, unsigned signal, const struct signal_information *information);
int signal_send(struct process *process, unsigned signal, const struct signal_information *information);

/* A thread that has ended, while others go on: what it had to take for the process goes to them, what was its own is
 * forgotten. */
void signal_hand_on(struct process *thread);

/* Sends a timer's signal with its own entry, to the process or (`thread` not 0) to that thread: 0, or -ESRCH when it is
 * ignored or nobody is there. */
int signal_send_timer(struct process *leader, int thread, unsigned signal, struct signal_queued *entry);

/* The running process's own exception: neither blocked nor ignored. */
void signal_force(unsigned signal, const struct signal_information *information);

/* ---- what is pending: kernel/signal_pending.c ---- */

/* Makes a signal pending for the thread, or (`shared`) for its whole process, by an entry of a queue where it has one:
 * 0 or -EAGAIN. */
int signal_put_queued(struct process *thread, bool shared, unsigned signal,
                      const struct signal_information *information, struct signal_queued *entry);

/* Notes it as pending without an entry. */
static inline void signal_keep(struct process_private *private, struct signal_queue *queue, unsigned signal,
                               const struct signal_information *information)
{
    if (signal <= SIGNAL_SLOTS && !(queue->plain & signal_bit(signal)))
        private->information[signal - 1] = *information;
    queue->plain |= signal_bit(signal);
}

/* The same as signal_put_queued for the thread alone, short for standard signals. */
static inline int signal_put(struct process *thread, unsigned signal, const struct signal_information *information,
                             struct signal_queued *entry)
{
    struct process_private *private = thread->private;
    if (entry || signal > SIGNAL_SLOTS)
        return signal_put_queued(thread, false, signal, information, entry);
    signal_keep(private, &private->signal_queue, signal, information);
    private->signal_pending |= signal_bit(signal);
    return 0;
}

/* Takes one of that number, which is pending for the running thread, out. */
void signal_take_queued(struct process_private *private, unsigned signal, struct signal_information *information);

static inline void signal_take(struct process_private *private, unsigned signal, struct signal_information *information)
{
    if (private->signal_queue.first || signal > SIGNAL_SLOTS) {
        signal_take_queued(private, signal, information);
        return;
    }
    *information = private->information[signal - 1];
    private->signal_queue.plain &= ~signal_bit(signal);
    private->signal_pending &= ~signal_bit(signal);
}

/* Takes over what was sent to the process and this thread does not block. */
void signal_pull(struct process_private *private);

/* Forgets what is pending of a set, for all threads of the process. */
void signal_discard(struct process *leader, uint64_t set);

/* The same for one thread alone, which ends. */
void signal_discard_own(struct process_private *private);

/* Takes a timer's entry back, wherever it is pending. */
void signal_withdraw(struct process *leader, struct signal_queued *entry);

/* Takes one of the wanted signals out of what is pending for the running thread or its process: its number, or 0. */
unsigned signal_dequeue(uint64_t wanted, struct signal_information *information);

/* Recomputes whether the process has to look at its signals (after a change of mask, action or pending set). */
static inline void signal_update(struct process *process)
{
    struct process_private *private = process->private;
    if (private->leader->private->signal_shared)
        signal_pull(private);
    if (private->signal_pending & ~private->signal_blocked) {
        private->attention |= ATTENTION_SIGNAL;
    } else {
        private->attention &= ~ATTENTION_SIGNAL;
    }
}

/* Delivers what is pending to the running process and settles an interrupted system call. May end or stop it. */
void signal_deliver(struct trap_frame *frame);

/* Handlers become default, ignored stays ignored. */
void signal_reset_actions(struct process_private *private);

/* The same for exec, which also takes the stack of its own away. */
void signal_reset_for_exec(struct process_private *private);

/* kernel/signal_frame.c: pushes a handler's frame and makes the user's registers enter it; false when the stack is bad.
 */
bool signal_frame_push(struct trap_frame *frame, unsigned signal, const struct signal_action *action,
                       const struct signal_information *information, uint64_t mask);

/* rt_sigreturn(2): restores what signal_frame_push saved. False when the frame is bad. */
bool signal_frame_pop(struct trap_frame *frame);

/* siginfo_t from and to user memory: 0 or -EFAULT. */
int signal_information_in(uint64_t address, struct signal_information *information);
int signal_information_out(uint64_t address, unsigned signal, const struct signal_information *information);

#endif

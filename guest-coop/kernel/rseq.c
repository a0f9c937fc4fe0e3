/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an interrupted thread's structure says is read anew each time: the program changes it without a call. There is
 * one CPU, so that its number and its node's never change.
 */
#include "kernel/rseq.h"
#include "kernel/errno.h"
#include "kernel/signal.h"
#include "kernel/trap.h"
#include "memory/layout.h"
#include "memory/user_copy.h"
#include <stddef.h>

#define RSEQ_NO_CPU UINT32_MAX

/* struct rseq */
struct rseq_thread {
    uint32_t cpu_first, cpu;
    uint64_t sequence; /* address of a struct rseq_sequence, or 0 */
    uint32_t flags;
    uint32_t node, concurrency; /* behind what Linux 6.1 knows, and 0 there too */
    uint32_t pad;
};
_Static_assert(sizeof(struct rseq_thread) == RSEQ_BYTES, "struct rseq");

/* struct rseq_cs */
struct rseq_sequence {
    uint32_t version, flags;
    uint64_t start, bytes, abort;
};
_Static_assert(sizeof(struct rseq_sequence) == 32, "struct rseq_cs");

int rseq_register(uint64_t address)
{
    const struct rseq_thread thread = {.cpu = 0, .sequence = 0};
    return user_copy_out(address, &thread, offsetof(struct rseq_thread, flags));
}

int rseq_unregister(uint64_t address)
{
    const uint32_t cpu[2] = {0, RSEQ_NO_CPU};
    return user_copy_out(address, cpu, sizeof(cpu));
}

/* Reads what the sequence is and whether it makes sense: 0 or -errno. */
static int rseq_sequence_in(uint64_t address, struct rseq_sequence *sequence)
{
    uint32_t signature;
    if (address >= USER_TOP)
        return -EINVAL;
    if (user_copy_in(sequence, address, sizeof(*sequence)))
        return -EFAULT;
    uint64_t start = sequence->start, end = start + sequence->bytes;
    if (start >= USER_TOP || end >= USER_TOP || end < start || sequence->abort >= USER_TOP || sequence->version != 0)
        return -EINVAL;
    if (sequence->abort - start < sequence->bytes)
        return -EINVAL;
    if (user_copy_in(&signature, sequence->abort - sizeof(signature), sizeof(signature)))
        return -EFAULT;
    return signature == process_current()->private->rseq.signature ? 0 : -EINVAL;
}

static int rseq_fix(struct trap_frame *frame, uint64_t address)
{
    struct rseq_thread thread;
    struct rseq_sequence sequence;
    if (user_copy_in(&thread, address, sizeof(thread)))
        return -EFAULT;
    int status = thread.sequence ? rseq_sequence_in(thread.sequence, &sequence) : 0;
    if (status < 0)
        return status;
    bool inside = thread.sequence && frame->rip - sequence.start < sequence.bytes;
    if (inside && (sequence.flags || thread.flags))
        return -EINVAL;
    if (rseq_register(address))
        return -EFAULT;
    if (inside)
        frame->rip = sequence.abort;
    return 0;
}

void rseq_interrupted(struct trap_frame *frame, unsigned delivered)
{
    struct process_private *private = process_current()->private;
    struct signal_information information = {.code = SIGNAL_CODE_KERNEL};
    private->attention &= ~ATTENTION_RSEQ;
    if (!private->rseq.address)
        return; /* no longer */
    if (rseq_fix(frame, private->rseq.address) == 0)
        return;
    if (delivered == SIGNAL_SEGV)
        private->actions[SIGNAL_SEGV - 1].handler = SIGNAL_HANDLER_DEFAULT;
    signal_force(SIGNAL_SEGV, &information);
}

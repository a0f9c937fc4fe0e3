/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Restartable sequences (rseq(2)): a thread names a word of its memory by which it says which few instructions of its
 * program are to be begun anew when it was interrupted in them. Who leaves the CPU to others, or gets a signal, comes
 * here on the way back to user mode (kernel/trap.c, kernel/signal.c).
 */
#ifndef KERNEL_RSEQ_H
#define KERNEL_RSEQ_H

#include <stdint.h>

struct trap_frame;

#define RSEQ_BYTES 32u /* struct rseq, as Linux 6.1 has it */

/* Writes to the thread's structure that it is on this CPU and in no sequence; or that it is not registered: 0 or
 * -EFAULT. */
int rseq_register(uint64_t address);
int rseq_unregister(uint64_t address);

/* Of the running, registered thread: a sequence that it is in is given up. What it says of itself being wrong, it gets
 * SIGSEGV; `delivered` is the signal that is on its way, or 0. */
void rseq_interrupted(struct trap_frame *frame, unsigned delivered);

#endif

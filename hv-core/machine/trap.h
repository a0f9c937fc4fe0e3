/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions and interrupts of the host. An exception in hv-core is our own bug: it is dumped and ends
 * the machine. An interrupt only leaves a note (need_resched, a byte of input).
 */
#ifndef MACHINE_TRAP_H
#define MACHINE_TRAP_H

#include <stdint.h>

#define TRAP_VECTORS    256
#define TRAP_EXCEPTIONS 32

/* What trap.asm leaves on the stack. */
struct trap_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8; /* 0x00 */
    uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;    /* 0x40 */
    uint64_t vector;                               /* 0x78 */
    uint64_t error;                                /* 0x80 0 where the CPU gives none */
    uint64_t rip, cs, flags, rsp, ss;              /* 0x88 pushed by the CPU */
};
_Static_assert(sizeof(struct trap_frame) == 0xb0, "trap frame as trap.asm pushes it");

/* Addresses of the entries in trap.asm, one a vector. */
extern const uint64_t trap_entries[TRAP_VECTORS];

/* Where trap.asm goes for what interrupts ring 3: GS and all registers as they were, and on this CPU's stack for ring 0
 * the frame from `vector` on. Whoever runs code there sets it before. */
extern void (*trap_user_entry)(void);

/* Where SYSCALL enters: a #DB that hits there was held back by ring 3 on purpose, and is dropped. */
extern uint64_t trap_user_call;

/* An interrupt (no exception) that ended the run of ring 3: does its work. Interrupts off. */
void trap_interrupt(unsigned vector);

/* Logs the NMIs that this CPU has taken. With no lock held. */
void trap_tell_nmis(void);

/* Called by trap.asm. */
void trap_handle(struct trap_frame *frame);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trap frame that every entry into the kernel builds, and the dispatch of exceptions and interrupts.
 */
#ifndef KERNEL_TRAP_H
#define KERNEL_TRAP_H

#include <stdbool.h>
#include <stdint.h>

/* As kernel/trap.asm pushes it. RDI to R9 lie in the order of a system call's arguments (syscall/syscall.h). */
struct trap_frame {
    uint64_t r15, r14, r13, r12, rbp, rbx;
    uint64_t rdi, rsi, rdx, r10, r8, r9;
    uint64_t r11, rcx, rax;
    uint64_t vector;
    uint64_t error; /* of the exception; RAX at entry for a system call */
    uint64_t rip, cs, rflags, rsp, ss;
};

static inline bool trap_from_user(const struct trap_frame *frame)
{
    return (frame->cs & 3) != 0;
}

/* Called by the entry code. */
void trap_dispatch(struct trap_frame *frame);

/* Signals and rescheduling, on the way back to user mode. */
void trap_return_work(struct trap_frame *frame);

/* Device drivers: one handler for an ISA interrupt; the controller's end of interrupt is done by the caller. */
typedef void trap_irq_handler(void);
void trap_irq_register(unsigned irq, trap_irq_handler *handler);

/* The entry points in kernel/trap.asm. */
extern const uint8_t trap_stubs[]; /* 256 of TRAP_STUB_BYTES each */
#define TRAP_STUB_BYTES 16
void trap_syscall_entry(void);
void trap_return_to_user(void); /* jumped to with RSP at a trap frame */

/* The same for a new process's first run; a mode that has its own changes it at boot. */
extern void (*trap_first_return)(void);

#endif

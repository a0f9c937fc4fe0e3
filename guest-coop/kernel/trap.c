/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions become page-fault work, signals, or a panic; interrupts go to their drivers. The one place where a
 * fault in kernel code may be expected is an address listed in .fixups.
 */
#include "kernel/trap.h"
#include "drivers/irq.h"
#include "drivers/timer.h"
#include "drivers/upcall.h"
#include "fs/file.h"
#include "kernel/cpu.h"
#include "kernel/fpu.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/rseq.h"
#include "kernel/scheduler.h"
#include "kernel/signal.h"
#include "memory/address_space.h"
#include "memory/layout.h"
#include "memory/swap.h"
#include "pv/pv.h"
#include "syscall/vsyscall.h"
#include <coopvirt/x86.h>

#define IRQ_COUNT 16

struct trap_fixup {
    uint64_t fault, target;
};

extern const struct trap_fixup kernel_fixups_start[], kernel_fixups_end[]; /* guest-coop.lds */

void (*trap_first_return)(void) = trap_return_to_user;

static trap_irq_handler *trap_irq_handlers[IRQ_COUNT];

/* What an exception in user mode is to the program. */
static const struct trap_signal {
    uint8_t signal, code;
    const char *name;
} trap_signals[32] = {
    [X86_VECTOR_DE] = {SIGNAL_FPE, SIGNAL_CODE_FPE_INTDIV, "divide error"},
    [X86_VECTOR_DB] = {SIGNAL_TRAP, SIGNAL_CODE_TRAP_TRACE, "debug exception"},
    [X86_VECTOR_BP] = {SIGNAL_TRAP, SIGNAL_CODE_KERNEL, "breakpoint"},
    [X86_VECTOR_OF] = {SIGNAL_SEGV, SIGNAL_CODE_KERNEL, "overflow"},
    [X86_VECTOR_BR] = {SIGNAL_SEGV, SIGNAL_CODE_KERNEL, "bound exceeded"},
    [X86_VECTOR_UD] = {SIGNAL_ILL, SIGNAL_CODE_ILL_ILLOPN, "invalid opcode"},
    [X86_VECTOR_NM] = {SIGNAL_FPE, SIGNAL_CODE_KERNEL, "device not available"},
    [X86_VECTOR_TS] = {SIGNAL_SEGV, SIGNAL_CODE_KERNEL, "invalid TSS"},
    [X86_VECTOR_NP] = {SIGNAL_BUS, SIGNAL_CODE_KERNEL, "segment not present"},
    [X86_VECTOR_SS] = {SIGNAL_BUS, SIGNAL_CODE_KERNEL, "stack fault"},
    [X86_VECTOR_GP] = {SIGNAL_SEGV, SIGNAL_CODE_KERNEL, "general protection fault"},
    [X86_VECTOR_PF] = {SIGNAL_SEGV, SIGNAL_CODE_SEGV_MAPERR, "page fault"},
    [X86_VECTOR_MF] = {SIGNAL_FPE, SIGNAL_CODE_FPE_FLTINV, "x87 error"},
    [X86_VECTOR_AC] = {SIGNAL_BUS, SIGNAL_CODE_BUS_ADRALN, "alignment check"},
    [X86_VECTOR_XM] = {SIGNAL_FPE, SIGNAL_CODE_FPE_FLTINV, "SIMD error"},
};

void trap_irq_register(unsigned irq, trap_irq_handler *handler)
{
    trap_irq_handlers[irq] = handler;
}

/* A fault at a listed address goes on at its partner. */
static bool trap_fixup(struct trap_frame *frame)
{
    for (const struct trap_fixup *fixup = kernel_fixups_start; fixup < kernel_fixups_end; fixup++) {
        if (fixup->fault == frame->rip) {
            frame->rip = fixup->target;
            return true;
        }
    }
    return false;
}

static const char *trap_name(uint64_t vector)
{
    switch (vector) {
    case X86_VECTOR_DF:
        return "double fault (kernel stack overflow?)";
    case X86_VECTOR_MC:
        return "machine check";
    default:
        return trap_signals[vector].name ? trap_signals[vector].name : "unexpected exception";
    }
}

static void trap_user_exception(struct trap_frame *frame, unsigned signal, int code, uint64_t address)
{
    struct signal_information information = {
        .code = code, .address = address, .error = (uint32_t)frame->error, .vector = (uint32_t)frame->vector};
    signal_force(signal, &information);
}

/* The end, also of process 1, and where the kernel needed the page in the process's name: a call that only failed for
 * that would leave it with what no program expects. */
static __attribute__((noinline)) void trap_out_of_memory(void)
{
    const struct signal_information information = {.code = SIGNAL_CODE_KERNEL};
    const struct process *current = process_current();
    log_line(LOG_WARNING, "out of memory: killing process %d (%s)", current->pid, current->name);
    signal_force(SIGNAL_KILL, &information);
}

static void trap_user_fault(struct trap_frame *frame, enum fault_result result, uint64_t address)
{
    switch (result) {
    case FAULT_BEYOND_FILE:
        trap_user_exception(frame, SIGNAL_BUS, SIGNAL_CODE_BUS_ADRERR, address);
        break;
    default:
        trap_user_exception(frame, SIGNAL_SEGV,
                            result == FAULT_REFUSED ? SIGNAL_CODE_SEGV_ACCERR : SIGNAL_CODE_SEGV_MAPERR, address);
        break;
    }
}

static void trap_page_fault(struct trap_frame *frame)
{
    struct cpu *cpu = cpu_this();
    struct process *process = cpu->current;
    uint64_t address = pv.cpu.fault_address();
    bool user = trap_from_user(frame);
    if (address < USER_TOP && process && process->space && !(frame->error & X86_PF_RESERVED)) {
        cpu->counters.page_faults++;
        process->private->faults_minor++;
        /* In the kernel the user's stack pointer is the one of its system call. */
        uint64_t stack_pointer = process->private->frame->rsp;
        enum fault_result result = address_space_fault(process->space, address, frame->error, stack_pointer);
        if (result == FAULT_RESOLVED)
            return;
        if (result == FAULT_OUT_OF_MEMORY)
            trap_out_of_memory();
        else if (user)
            trap_user_fault(frame, result, address);
        if (user)
            return;
    } else if (user && !(frame->error & X86_PF_RESERVED)) {
        if (!vsyscall_fault(frame, address))
            trap_user_fault(frame, FAULT_UNMAPPED, address);
        return;
    }
    if (user || !trap_fixup(frame))
        panic_trap(frame, "page fault in the kernel");
}

static void trap_exception(struct trap_frame *frame)
{
    const struct trap_signal *signal = &trap_signals[frame->vector];
    if (frame->vector == X86_VECTOR_NMI)
        return; /* nobody here asks for one */
    if (trap_from_user(frame)) {
        if (frame->vector == X86_VECTOR_NM && fpu_use())
            return;
        if (!signal->signal)
            panic_trap(frame, trap_name(frame->vector));
        trap_user_exception(frame, signal->signal, signal->code, frame->rip);
    } else if (!trap_fixup(frame)) {
        panic_trap(frame, trap_name(frame->vector));
    }
}

static void trap_tick(const struct trap_frame *frame)
{
    struct process_private *private = cpu_this()->current->private;
    if (trap_from_user(frame))
        private->ticks_user++;
    else
        private->ticks_system++;
    timer_interrupt();
}

static void trap_interrupt(struct trap_frame *frame)
{
    unsigned vector = (unsigned)frame->vector;
    if (vector == VECTOR_TIMER) {
        trap_tick(frame);
        irq_end(0);
        return;
    }
    if (vector == VECTOR_UPCALL) {
        if (upcall_dispatch())
            trap_tick(frame);
        upcall_end();
        return;
    }
    unsigned irq = vector - (vector >= VECTOR_IRQ ? VECTOR_IRQ : VECTOR_PIC);
    if (vector == VECTOR_SPURIOUS || irq >= IRQ_COUNT)
        return;
    if (trap_irq_handlers[irq])
        trap_irq_handlers[irq]();
    irq_end(irq);
}

/* The idle loop's HLT has ended: what it took is no work. */
static void trap_end_idle(struct cpu *cpu)
{
    if (!cpu->idle_since)
        return;
    cpu->counters.idle += x86_rdtsc() - cpu->idle_since;
    cpu->idle_since = 0;
}

void trap_dispatch(struct trap_frame *frame)
{
    if (frame->vector == X86_VECTOR_PF) {
        trap_page_fault(frame);
    } else if (frame->vector < 32) {
        trap_exception(frame);
    } else {
        trap_end_idle(cpu_this());
        trap_interrupt(frame);
    }
    if (trap_from_user(frame) && cpu_this()->current->private->attention)
        trap_return_work(frame);
}

/* What seldom is to be done before anything else. */
static __attribute__((noinline)) void trap_return_first(struct trap_frame *frame, uint32_t attention)
{
    if (attention & ATTENTION_FILES)
        files_release_held();
    if (attention & ATTENTION_MEMORY)
        swap_refill();
    if (attention & ATTENTION_RSEQ)
        rseq_interrupted(frame, 0);
}

void trap_return_work(struct trap_frame *frame)
{
    struct process_private *private = cpu_this()->current->private;
    while (private->attention) {
        if (private->attention & (ATTENTION_FILES | ATTENTION_MEMORY | ATTENTION_RSEQ))
            trap_return_first(frame, private->attention);
        if (private->attention & ATTENTION_RESCHEDULE)
            scheduler_switch();
        if (private->attention & ATTENTION_SIGNAL)
            signal_deliver(frame);
    }
}

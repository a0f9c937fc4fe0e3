/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What machine/ keeps for each CPU behind struct cpu, and how CPUs come to be.
 */
#ifndef MACHINE_CPU_PRIVATE_H
#define MACHINE_CPU_PRIVATE_H

#include "machine/cpu.h"
#include "machine/descriptor.h"

#define CPU_STACK_BYTES           16384
#define CPU_EMERGENCY_STACK_BYTES 8192
#define CPU_EMERGENCY_STACK_USED  16 /* at its upper end, stack alignment kept */

struct cpu_private {
    struct descriptor_tables tables; /* this CPU only */
    uint64_t timer_deadline;         /* TSC; this CPU only */
    void (*work)(void *context);     /* NULL when it has none; set by another CPU */
    void *work_context;              /* valid while work is set */
    /* Each with this CPU's struct cpu * at its upper end: an entry there cannot rely on GS. */
    uint8_t emergency[DESCRIPTOR_IST_COUNT][CPU_EMERGENCY_STACK_BYTES] __attribute__((aligned(16)));
};

/* The CPU that boots; entry.asm points GS at it. */
extern struct cpu cpu_boot;

/* Its stack, CPU_STACK_BYTES, and the page below it that is not mapped; of entry.asm. */
extern uint8_t boot_stack[], boot_stack_guard[];

/* Sets up control registers, descriptor tables, FPU of the CPU that runs it. */
void cpu_start_this(void);

/* A new CPU's structures with a stack, entered in the table but not online; NULL without memory or beyond CPU_LIMIT. */
struct cpu *cpu_add(uint32_t apic_id);

/* The loop of a CPU that waits for work; its interrupts are on only while it halts. */
_Noreturn void cpu_idle(void);

/* The end of the stack of this CPU that an address lies in, or 0. */
uint64_t cpu_stack_end(uint64_t address);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The physical CPUs: who is running, how another one is given work or interrupted. Per-CPU data is
 * reached through GS from the first line of C.
 */
#ifndef MACHINE_CPU_H
#define MACHINE_CPU_H

#include <stdbool.h>
#include <stdint.h>

#define CPU_LIMIT 256

struct vcpu;

struct cpu {
    struct cpu *self; /* 0x00, at GS:0 */
    uint32_t index;   /* 0 = the CPU that booted */
    uint32_t apic_id;
    uint64_t stack_top;
    void *vendor;                /* of cpu/svm or cpu/vmx: host save area and the like */
    struct vcpu *running;        /* the VCPU that this CPU runs, or NULL; this CPU only */
    struct scheduler *scheduler; /* core/: the run queue of this CPU */
    void *entry_state;           /* of whoever runs guest code in ring 3 here, for its entries in assembly; */
    uint64_t entry_stack;        /* where its frames from ring 3 begin, as in the TSS; */
    uint64_t entry_scratch;      /* and room for one register */
    volatile bool need_resched;  /* set by the timer and kick interrupts, this CPU */
    volatile bool online;
    volatile unsigned nmis; /* taken and not told of yet, this CPU */
    /* machine/ keeps its own tables (GDT, TSS, IST stacks) behind this */
    struct cpu_private *private;
};

/* This CPU. */
static inline struct cpu *cpu_current(void)
{
    struct cpu *cpu;
    __asm__("mov %%gs:0, %0" : "=r"(cpu));
    return cpu;
}

unsigned cpu_count(void);
struct cpu *cpu_get(unsigned index);

/* Runs work on another CPU, once, from its idle loop; false when it has work already. */
bool cpu_start_work(unsigned index, void (*work)(void *context), void *context);

/* Interrupts a CPU, so that it leaves the guest and sees need_resched. Any CPU, itself included. */
void cpu_kick(unsigned index);

#endif

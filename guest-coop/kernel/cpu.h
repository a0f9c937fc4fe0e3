/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Per-CPU data, reached through GS from the first line of C, and the CPU's own tables. Kernel code runs with
 * interrupts off (only user mode and the idle loop have them on), so a CPU's data needs no lock against itself.
 */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

#include <coopvirt/x86_instructions.h>
#include <stdint.h>

struct coop_vcpu;
struct process;
struct cpu;

/* Selectors: APM vol. 2, "SYSCALL and SYSRET": user data precedes user code. The values are Linux's. */
#define SELECTOR_KERNEL_CODE 0x10
#define SELECTOR_KERNEL_DATA 0x18
#define SELECTOR_USER_BASE   0x23 /* SYSRET takes SS = base + 8, CS = base + 16 */
#define SELECTOR_USER_DATA   0x2b
#define SELECTOR_USER_CODE   0x33
#define SELECTOR_TASK        0x40
#define CPU_DESCRIPTORS      10

/* Vectors of the interrupt table beyond the exceptions. */
#define VECTOR_PIC      0x20 /* sixteen of them */
#define VECTOR_IRQ      0x30 /* sixteen ISA interrupts by way of the I/O APIC */
#define VECTOR_TIMER    0x40
#define VECTOR_UPCALL   0x41 /* events of the hypervisor, where it has devices of its own */
#define VECTOR_SPURIOUS 0xff
#define VECTOR_SYSCALL  0x100 /* no vector: what a trap frame made by SYSCALL carries */

/* APM vol. 2, "64-Bit Task State Segment". */
struct cpu_task {
    uint32_t reserved0; /* 0x00 */
    uint64_t stack0;    /* 0x04 */
    uint64_t stack1;    /* 0x0c */
    uint64_t stack2;    /* 0x14 */
    uint64_t reserved1; /* 0x1c */
    uint64_t ist[7];    /* 0x24 */
    uint64_t reserved2; /* 0x5c */
    uint16_t reserved3; /* 0x64 */
    uint16_t io_map;    /* 0x66 */
} __attribute__((packed));
_Static_assert(sizeof(struct cpu_task) == 0x68, "task state segment");

struct cpu_counters {
    uint64_t idle; /* TSC units in HLT */
    uint64_t ticks;
    uint64_t context_switches;
    uint64_t page_faults;
    uint64_t system_calls;
    uint64_t fpu_loads; /* at first use */
};

/* this CPU only */
struct cpu {
    struct cpu *self;         /* the word at GS:0 */
    uint64_t kernel_stack;    /* its top for the running process */
    uint64_t user_stack;      /* the user's RSP for the few instructions of the SYSCALL entry */
    struct coop_vcpu *shared; /* page shared with the hypervisor; NULL: there is none */
    struct process *current;
    struct process *idle;
    struct process *previous; /* switched away from, to be finished by its successor */
    uint64_t idle_since;      /* TSC at HLT; 0 when not in it */
    uint64_t root;            /* the loaded page tables */
    unsigned number;
    struct cpu_counters counters;
    uint64_t descriptors[CPU_DESCRIPTORS];
    struct cpu_task task;
};

static inline struct cpu *cpu_this(void)
{
    struct cpu *cpu;
    __asm__ volatile("movq %%gs:0, %0" : "=r"(cpu));
    return cpu;
}

/* CPUID, for /proc. */
struct x86_cpuid cpu_identify(uint32_t leaf);

/* CPUID leaf 1 EDX, for programs (AT_HWCAP): asked once, since a hypervisor makes the question dear. */
extern uint32_t cpu_feature_word;

/* Sets up tables, control registers, MSRs and per-CPU data of the first CPU. */
void cpu_start(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets up a CPU: descriptor tables, task state with stacks for the exceptions that need their own, control
 * registers, the SYSCALL MSRs, GS.
 */
#include "kernel/cpu.h"
#include "kernel/fpu.h"
#include "kernel/trap.h"
#include "memory/page_table.h"
#include "pv/pv.h"
#include <coopvirt/x86.h>

#define EXCEPTION_STACK_BYTES 4096
#define GATE_INTERRUPT        0x8e00u /* present, ring 0, 64-bit interrupt gate */
#define GATE_USER             0x6000u /* callable from ring 3 */
#define IST_DEBUG             1
#define IST_NMI               2
#define IST_DOUBLE_FAULT      3
#define IST_MACHINE_CHECK     4
#define IST_STACKS            4

#define CPUID_NX   (1u << 20) /* 80000001 EDX */
#define CPUID_SMEP (1u << 7)  /* 7 EBX */
#define CPUID_UMIP (1u << 2)  /* 7 ECX */

/* APM vol. 2, "Interrupt-Gate and Trap-Gate Descriptors". */
struct cpu_gate {
    uint16_t offset_low;
    uint16_t selector;
    uint16_t attributes; /* IST in the low three bits */
    uint16_t offset_middle;
    uint32_t offset_high;
    uint32_t reserved;
};
_Static_assert(sizeof(struct cpu_gate) == 16, "gate descriptor");

uint32_t cpu_feature_word;
static struct cpu cpu_first;
static struct cpu_gate cpu_gates[256];
static uint8_t cpu_exception_stacks[IST_STACKS][EXCEPTION_STACK_BYTES] __attribute__((aligned(16)));

static void cpu_start_descriptors(struct cpu *cpu)
{
    uint64_t task = (uint64_t)&cpu->task;
    cpu->descriptors[SELECTOR_KERNEL_CODE / 8] = 0x00af9b000000ffff;
    cpu->descriptors[SELECTOR_KERNEL_DATA / 8] = 0x00cf93000000ffff;
    cpu->descriptors[SELECTOR_USER_BASE / 8] = 0x00cffb000000ffff; /* 32-bit code: SYSRET's base, not used */
    cpu->descriptors[SELECTOR_USER_DATA / 8] = 0x00cff3000000ffff;
    cpu->descriptors[SELECTOR_USER_CODE / 8] = 0x00affb000000ffff;
    cpu->descriptors[SELECTOR_TASK / 8] =
        (sizeof(struct cpu_task) - 1) | (task & 0xffffff) << 16 | 0x89ul << 40 | (task >> 24 & 0xff) << 56;
    cpu->descriptors[SELECTOR_TASK / 8 + 1] = task >> 32;
    cpu->task.io_map = sizeof(struct cpu_task);
    for (unsigned i = 0; i < IST_STACKS; i++)
        cpu->task.ist[i] = (uint64_t)&cpu_exception_stacks[i][EXCEPTION_STACK_BYTES];

    struct pv_descriptor_table table = {sizeof(cpu->descriptors) - 1, (uint64_t)cpu->descriptors};
    pv.cpu.load_global_table(&table, SELECTOR_KERNEL_CODE, SELECTOR_KERNEL_DATA);
    pv.cpu.load_task(SELECTOR_TASK);
}

static void cpu_gate_set(unsigned vector, unsigned attributes)
{
    uint64_t entry = (uint64_t)&trap_stubs[vector * TRAP_STUB_BYTES];
    cpu_gates[vector] = (struct cpu_gate){.offset_low = (uint16_t)entry,
                                          .selector = SELECTOR_KERNEL_CODE,
                                          .attributes = (uint16_t)attributes,
                                          .offset_middle = (uint16_t)(entry >> 16),
                                          .offset_high = (uint32_t)(entry >> 32)};
}

static void cpu_start_gates(void)
{
    for (unsigned vector = 0; vector < 256; vector++)
        cpu_gate_set(vector, GATE_INTERRUPT);
    cpu_gate_set(X86_VECTOR_DB, GATE_INTERRUPT | IST_DEBUG);
    cpu_gate_set(X86_VECTOR_NMI, GATE_INTERRUPT | IST_NMI);
    cpu_gate_set(X86_VECTOR_DF, GATE_INTERRUPT | IST_DOUBLE_FAULT);
    cpu_gate_set(X86_VECTOR_MC, GATE_INTERRUPT | IST_MACHINE_CHECK);
    cpu_gate_set(X86_VECTOR_BP, GATE_INTERRUPT | GATE_USER);
    cpu_gate_set(X86_VECTOR_OF, GATE_INTERRUPT | GATE_USER);
    struct pv_descriptor_table table = {sizeof(cpu_gates) - 1, (uint64_t)cpu_gates};
    pv.cpu.load_interrupt_table(&table);
}

struct x86_cpuid cpu_identify(uint32_t leaf)
{
    return pv.cpu.cpuid(leaf, 0);
}

static void cpu_start_control(void)
{
    bool leaf7 = pv.cpu.cpuid(0, 0).eax >= 7;
    struct x86_cpuid features = leaf7 ? pv.cpu.cpuid(7, 0) : (struct x86_cpuid){0, 0, 0, 0};
    uint64_t efer = pv.cpu.msr_read(X86_MSR_EFER) | X86_EFER_SCE;
    if (pv.cpu.cpuid(0x80000001, 0).edx & CPUID_NX) {
        efer |= X86_EFER_NXE;
        page_table_flags_mask = ~0ul;
    }
    pv.cpu.msr_write(X86_MSR_EFER, efer);
    pv.cpu.control_write(0, X86_CR0_PG | X86_CR0_WP | X86_CR0_NE | X86_CR0_ET | X86_CR0_MP | X86_CR0_PE);
    uint64_t cr4 = X86_CR4_PAE | X86_CR4_PGE;
    if (features.ebx & CPUID_SMEP)
        cr4 |= X86_CR4_SMEP;
    if (features.ecx & CPUID_UMIP)
        cr4 |= X86_CR4_UMIP;
    pv.cpu.control_write(4, cr4);
}

void cpu_start(void)
{
    struct cpu *cpu = &cpu_first;
    cpu->self = cpu;
    cpu_start_descriptors(cpu);
    pv.cpu.msr_write(X86_MSR_GS_BASE, (uint64_t)cpu);
    pv.cpu.msr_write(X86_MSR_KERNEL_GS_BASE, 0);
    cpu_start_gates();
    cpu_start_control();
    cpu_feature_word = pv.cpu.cpuid(1, 0).edx;
    fpu_start();
    /* APM vol. 2, "SYSCALL and SYSRET": SFMASK's bits are cleared in RFLAGS at entry. */
    pv.cpu.msr_write(X86_MSR_STAR, (uint64_t)SELECTOR_USER_BASE << 48 | (uint64_t)SELECTOR_KERNEL_CODE << 32);
    pv.cpu.msr_write(X86_MSR_LSTAR, (uint64_t)trap_syscall_entry);
    pv.cpu.msr_write(X86_MSR_CSTAR, 0);
    pv.cpu.msr_write(X86_MSR_SFMASK, X86_FLAGS_IF | X86_FLAGS_TF | X86_FLAGS_DF | X86_FLAGS_AC | X86_FLAGS_NT);
}

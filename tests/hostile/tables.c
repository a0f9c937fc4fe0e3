/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptor tables of a guest kernel in ring 0, which it loads without being asked: those that lie, and exceptions
 * that fail on the way by them.
 */
#include "cases.h"
#include "hostile.h"
#include "machine.h"
#include "ring0.h"

#define HYPERVISOR    0xffff800000000000ul
#define SELECTOR_LDT  0x40u /* where machine.c's TSS stands, which is in the CPU already */
#define TYPE_LDT      0x82ul
#define IN_LDT        4u
#define GATE_IS_THERE (1ul << 47)
#define UNMAPPED      0x123456789000ul

struct tables_register {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

static struct tables_register tables_global(void)
{
    struct tables_register now;
    __asm__ volatile("sgdt %0" : "=m"(now));
    return now;
}

static struct tables_register tables_interrupts(void)
{
    struct tables_register now;
    __asm__ volatile("sidt %0" : "=m"(now));
    return now;
}

static long tables_load_local(uint64_t selector)
{
    __asm__ volatile("lldt %0\n\tmov %1, %%ds" : : "r"((uint16_t)SELECTOR_LDT), "r"((uint32_t)selector));
    return 0;
}
/* A local table at an address that is not the guest's, and a selector out of it. */
long tables_local(uint64_t base)
{
    uint64_t *descriptor = (uint64_t *)tables_global().base + SELECTOR_LDT / 8, low = descriptor[0],
             high = descriptor[1];
    long ignored, result = HOLE;
    descriptor[0] = 0xffff | (base & 0xffffff) << 16 | TYPE_LDT << 40 | (base >> 24 & 0xff) << 56;
    descriptor[1] = base >> 32;
    if (!machine_try(tables_load_local, COOP_SELECTOR_KERNEL_DATA | IN_LDT, &ignored) && trap.vector == X86_VECTOR_PF)
        result = 0;
    __asm__ volatile("lldt %0" : : "r"((uint16_t)0));
    descriptor[0] = low;
    descriptor[1] = high;
    return result;
}

/* A page fault whose gate is not there is a double fault: the guest's own, by its own gate. */
long tables_double_fault(uint64_t unused)
{
    uint64_t *gate = (uint64_t *)tables_interrupts().base + X86_VECTOR_PF * 2;
    (void)unused;
    gate[0] &= ~GATE_IS_THERE;
    unsigned raised = machine_probe_read(UNMAPPED);
    gate[0] |= GATE_IS_THERE;
    return raised == 1 + X86_VECTOR_DF ? 0 : HOLE;
}

/* The vectors of NMI and machine check, by software: neither is one, and the hypervisor has seen none. */
long tables_interrupt_2(uint64_t unused)
{
    (void)unused;
    __asm__ volatile("int $2");
    return HOLE;
}
long tables_interrupt_18(uint64_t unused)
{
    (void)unused;
    __asm__ volatile("int $18");
    return HOLE;
}

/* A hypercall where no interrupt can come yet, and one behind an IRET, which lets NMIs in again. */
long tables_window(uint64_t is_nmi)
{
    long result = COOP_HYPERCALL_VERSION;
    if (is_nmi)
        __asm__ volatile(
            "mov %%rsp, %%rbx\n\tmov %%ss, %%ecx\n\tpush %%rcx\n\tpush %%rbx\n\tpushfq\n\tmov %%cs, %%ecx\n\t"
            "push %%rcx\n\tlea 1f(%%rip), %%rcx\n\tpush %%rcx\n\tiretq\n1:"
            :
            :
            : "rbx", "rcx", "memory");
    if (is_amd)
        __asm__ volatile("sti\n\tvmmcall\n\tcli" : "+a"(result) : : "memory");
    else
        __asm__ volatile("sti\n\tvmcall\n\tcli" : "+a"(result) : : "memory");
    return result == COOP_ABI_VERSION ? 0 : HOLE;
}

/* ---- each in a VM of its own: no exception can be delivered any more ---- */

/* Which: 0: the global table, 1: that of interrupts, 2: the task state, whose stack every gate asks for. */
long tables_of_hypervisor(uint64_t which)
{
    struct tables_register forged = {0xfff, HYPERVISOR};
    uint64_t *task = (uint64_t *)tables_global().base + SELECTOR_LDT / 8;
    if (which == 0) {
        __asm__ volatile("lgdt %0" : : "m"(forged));
    } else if (which == 1) {
        __asm__ volatile("lidt %0" : : "m"(forged));
    } else {
        task[0] = 0x67 | 0x89ul << 40;
        task[1] = HYPERVISOR >> 32;
        __asm__ volatile("ltr %0" : : "r"((uint16_t)SELECTOR_LDT));
    }
    __asm__ volatile("ud2");
    return HOLE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GDT, TSS and IDT. Every CPU has its own GDT and TSS (it names the CPU's own emergency stacks); the IDT
 * is one for all, made from the table of entries in trap.asm.
 */
#include "machine/descriptor.h"
#include "machine/trap.h"

#include <coopvirt/mutation.h>
#include <coopvirt/x86.h>
#include <stdbool.h>

/* APM vol. 2, "Long-Mode Segment Descriptors". */
#define DESCRIPTOR_CODE64_BITS 0x00af9b000000fffful
#define DESCRIPTOR_DATA_BITS   0x00cf93000000fffful
#define DESCRIPTOR_TSS_BITS    0x0000890000000000ul /* present, available 64-bit TSS */
#define DESCRIPTOR_RING_3      0x0000600000000000ul

/* APM vol. 2, "Interrupt-Gate and Trap-Gate Descriptors (Long Mode)". */
#define DESCRIPTOR_INTERRUPT_GATE 0x8e
#define DESCRIPTOR_GATE_RING_3    0x60

struct descriptor_gate {
    uint16_t offset_low;  /* 0x00 */
    uint16_t selector;    /* 0x02 */
    uint8_t ist;          /* 0x04 */
    uint8_t type;         /* 0x05 */
    uint16_t offset_mid;  /* 0x06 */
    uint32_t offset_high; /* 0x08 */
    uint32_t reserved;    /* 0x0c */
};
_Static_assert(sizeof(struct descriptor_gate) == 16, "gate descriptor");

struct descriptor_pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

static struct descriptor_gate descriptor_idt[TRAP_VECTORS];

static uint8_t descriptor_ist_of(unsigned vector)
{
    switch (vector) {
    case X86_VECTOR_NMI:
        return DESCRIPTOR_IST_NMI;
    case X86_VECTOR_DF:
        return DESCRIPTOR_IST_DOUBLE_FAULT;
    case X86_VECTOR_MC:
        return DESCRIPTOR_IST_MACHINE_CHECK;
    case X86_VECTOR_DB: /* may be held back by MOV SS until SYSCALL has been executed, RSP still ring 3's */
        return DESCRIPTOR_IST_DEBUG;
    default:
        return 0;
    }
}

/* INT3 and INTO are no privilege; any other INT n of ring 3 is a general protection fault. */
static uint8_t descriptor_gate_type(unsigned vector)
{
    bool is_open = vector == X86_VECTOR_BP || vector == X86_VECTOR_OF || MUTATED(machine_interrupt_gate);
    return DESCRIPTOR_INTERRUPT_GATE | (is_open ? DESCRIPTOR_GATE_RING_3 : 0);
}

/* Every CPU writes the same contents. */
static void descriptor_make_idt(void)
{
    for (unsigned vector = 0; vector < TRAP_VECTORS; vector++) {
        uint64_t entry = trap_entries[vector];
        descriptor_idt[vector] = (struct descriptor_gate){
            .offset_low = (uint16_t)entry,
            .selector = DESCRIPTOR_CODE,
            .ist = descriptor_ist_of(vector),
            .type = descriptor_gate_type(vector),
            .offset_mid = (uint16_t)(entry >> 16),
            .offset_high = (uint32_t)(entry >> 32),
        };
    }
}

static void descriptor_make_gdt(struct descriptor_tables *tables)
{
    uint64_t tss = (uint64_t)&tables->tss;

    tables->gdt[0] = 0;
    tables->gdt[DESCRIPTOR_CODE / 8] = DESCRIPTOR_CODE64_BITS;
    tables->gdt[DESCRIPTOR_DATA / 8] = DESCRIPTOR_DATA_BITS;
    tables->gdt[DESCRIPTOR_TSS / 8] =
        DESCRIPTOR_TSS_BITS | (sizeof(tables->tss) - 1) | (tss & 0xffffff) << 16 | (tss >> 24 & 0xff) << 56;
    tables->gdt[DESCRIPTOR_TSS / 8 + 1] = tss >> 32;
    tables->gdt[DESCRIPTOR_USER_DATA / 8] = DESCRIPTOR_DATA_BITS | DESCRIPTOR_RING_3;
    tables->gdt[DESCRIPTOR_USER_CODE / 8] = DESCRIPTOR_CODE64_BITS | DESCRIPTOR_RING_3;
}

void descriptor_load(struct descriptor_tables *tables, const uint64_t ist[DESCRIPTOR_IST_COUNT])
{
    struct descriptor_pointer gdt = {sizeof(tables->gdt) - 1, (uint64_t)tables->gdt};
    struct descriptor_pointer idt = {sizeof(descriptor_idt) - 1, (uint64_t)descriptor_idt};

    tables->tss = (struct descriptor_tss){.io_map_base = sizeof(tables->tss)};
    for (unsigned i = 0; i < DESCRIPTOR_IST_COUNT; i++)
        tables->tss.ist[i] = ist[i];
    descriptor_make_gdt(tables);
    descriptor_make_idt();
    /* The code selector is the one the boot code runs on, hence no far return. FS and GS stay null. */
    __asm__ volatile("lgdt %0\n\t"
                     "lidt %1\n\t"
                     "ltr %w2\n\t"
                     "mov %w3, %%ss\n\t"
                     "mov %w3, %%ds\n\t"
                     "mov %w3, %%es"
                     :
                     : "m"(gdt), "m"(idt), "r"(DESCRIPTOR_TSS), "r"(DESCRIPTOR_DATA)
                     : "memory");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registers of a VCPU that the hardware keeps in its control block, in neutral form: read for
 * reports, for walking the guest's page tables and for emulation; written at reset and after
 * emulation. The fifteen general registers beside RSP live in struct vcpu and need no copying.
 */
#ifndef CORE_REGISTERS_H
#define CORE_REGISTERS_H

#include "emulate/decode.h"
#include <coopvirt/abi.h>
#include <coopvirt/x86.h>
#include <stdint.h>

/* Attributes as in a descriptor, squeezed: type 0-3, S 4, DPL 5-6, P 7, AVL 8, L 9, D 10, G 11. */
struct register_segment {
    uint16_t selector;
    uint16_t attributes;
    uint32_t limit;
    uint64_t base;
};

#define REGISTER_SEGMENT_PRESENT (1u << 7)
#define REGISTER_SEGMENT_LONG    (1u << 9)
#define REGISTER_SEGMENT_BIG     (1u << 10)

struct register_table {
    uint64_t base;
    uint32_t limit;
};

struct registers {
    uint64_t rip, rsp, rflags;
    uint64_t cr0, cr2, cr3, cr4, efer, pat;
    uint64_t dr6, dr7;
    struct register_segment segments[SEGMENT_COUNT]; /* enum instruction_segment */
    struct register_segment tr, ldtr;
    struct register_table gdt, idt;
    uint8_t cpl;
};

/* The code segment's default size, from CR0, EFER and CS. */
enum decode_mode registers_decode_mode(const struct registers *registers);

/* Bits of CR4 that mean nothing to this state, but would to a CPU that pages in its place: with paging off there are no
 * users' pages. */
static inline uint64_t registers_cr4_unused(const struct registers *registers)
{
    return registers->cr0 & X86_CR0_PG ? 0 : X86_CR4_SMEP | X86_CR4_SMAP;
}

/* APM vol. 2, "Processor Initialization State". */
void registers_reset(struct registers *registers);

/* 32-bit protected mode, flat, paging off, at `entry`: the state that Multiboot promises a kernel. */
void registers_protected_flat(struct registers *registers, uint32_t entry);

/* 64-bit mode, flat, at `entry`: the state of the direct entry (coopvirt/abi.h), at a privilege level of 0 or 3. */
void registers_long_flat(struct registers *registers, uint64_t entry, uint64_t stack, coop_paddr root, uint8_t level);

/* Real mode at vector << 12: the state after a start-up IPI. */
void registers_startup(struct registers *registers, uint8_t vector);

#endif

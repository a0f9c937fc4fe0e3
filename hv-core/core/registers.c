/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The register states a VCPU starts in: reset, after a start-up IPI, and as Multiboot promises. Pure.
 */
#include "core/registers.h"
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

#define ATTRIBUTES_CODE_16 0x009b /* present, code, readable, accessed */
#define ATTRIBUTES_DATA_16 0x0093 /* present, data, writable, accessed */
#define ATTRIBUTES_CODE_32 0x0c9b /* and 4 KiB granularity, 32 bits */
#define ATTRIBUTES_DATA_32 0x0c93
#define ATTRIBUTES_CODE_64 0x0a9b
#define ATTRIBUTES_LEVEL   5 /* where the privilege level stands */
#define ATTRIBUTES_LDT     0x0082
#define ATTRIBUTES_TSS_32  0x008b /* busy */

enum decode_mode registers_decode_mode(const struct registers *registers)
{
    const struct register_segment *cs = &registers->segments[SEGMENT_CS];
    if (registers->efer & X86_EFER_LMA && cs->attributes & REGISTER_SEGMENT_LONG)
        return DECODE_MODE_64;
    if (!(registers->cr0 & X86_CR0_PE) || registers->rflags & X86_FLAGS_VM)
        return cs->attributes & REGISTER_SEGMENT_BIG && !(registers->rflags & X86_FLAGS_VM) ? DECODE_MODE_32
                                                                                            : DECODE_MODE_16;
    return cs->attributes & REGISTER_SEGMENT_BIG ? DECODE_MODE_32 : DECODE_MODE_16;
}

void registers_reset(struct registers *registers)
{
    memset(registers, 0, sizeof(*registers));
    for (unsigned i = 0; i < SEGMENT_COUNT; i++)
        registers->segments[i] = (struct register_segment){0, ATTRIBUTES_DATA_16, 0xffff, 0};
    registers->segments[SEGMENT_CS] = (struct register_segment){0xf000, ATTRIBUTES_CODE_16, 0xffff, 0xffff0000};
    registers->ldtr = (struct register_segment){0, ATTRIBUTES_LDT, 0xffff, 0};
    registers->tr = (struct register_segment){0, ATTRIBUTES_TSS_32, 0xffff, 0};
    registers->gdt.limit = registers->idt.limit = 0xffff;
    registers->rip = 0xfff0;
    registers->rflags = X86_FLAGS_ONE;
    registers->cr0 = X86_CR0_CD | X86_CR0_NW | X86_CR0_ET;
    registers->pat = X86_PAT_RESET;
    registers->dr6 = 0xffff0ff0;
    registers->dr7 = 0x400;
}

void registers_startup(struct registers *registers, uint8_t vector)
{
    registers_reset(registers);
    registers->cr0 = X86_CR0_ET; /* INIT leaves CD and NW as they are: off, as our firmware would have left them */
    registers->segments[SEGMENT_CS].selector = (uint16_t)(vector << 8);
    registers->segments[SEGMENT_CS].base = (uint64_t)vector << 12;
    registers->rip = 0;
}

void registers_protected_flat(struct registers *registers, uint32_t entry)
{
    registers_reset(registers);
    registers->cr0 = X86_CR0_ET | X86_CR0_PE;
    for (unsigned i = 0; i < SEGMENT_COUNT; i++)
        registers->segments[i] = (struct register_segment){0x10, ATTRIBUTES_DATA_32, 0xffffffff, 0};
    registers->segments[SEGMENT_CS] = (struct register_segment){0x08, ATTRIBUTES_CODE_32, 0xffffffff, 0};
    registers->rip = entry;
}

void registers_long_flat(struct registers *registers, uint64_t entry, uint64_t stack, coop_paddr root, uint8_t level)
{
    uint16_t attribute = (uint16_t)(level << ATTRIBUTES_LEVEL);
    registers_reset(registers);
    registers->cr0 = X86_CR0_PE | X86_CR0_MP | X86_CR0_ET | X86_CR0_NE | X86_CR0_WP | X86_CR0_PG;
    registers->cr3 = root;
    registers->cr4 = X86_CR4_PAE;
    registers->efer = X86_EFER_SCE | X86_EFER_LME | X86_EFER_LMA | X86_EFER_NXE;
    for (unsigned i = 0; i < SEGMENT_COUNT; i++)
        registers->segments[i] = (struct register_segment){(uint16_t)(COOP_SELECTOR_KERNEL_DATA | level),
                                                           ATTRIBUTES_DATA_32 | attribute, 0xffffffff, 0};
    registers->segments[SEGMENT_CS] = (struct register_segment){(uint16_t)(COOP_SELECTOR_KERNEL_CODE | level),
                                                                ATTRIBUTES_CODE_64 | attribute, 0xffffffff, 0};
    registers->gdt.limit = registers->idt.limit = 0;
    registers->rip = entry;
    registers->rsp = stack;
    registers->cpl = level;
}

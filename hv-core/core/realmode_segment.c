/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What real mode leaves in a segment register beside selector and base (limit, rights) is what was there: so code that
 * has been in protected mode keeps its limits of 4 GiB.
 */
#include "core/realmode_segment.h"
#include "core/realmode_stack.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "emulate/execute.h"
#include <coopvirt/mutation.h>
#include <coopvirt/primitives.h>

#define SEGMENT_SYSTEM   0x10 /* clear: a gate, a TSS */
#define SEGMENT_GRANULAR 0x800
#define SELECTOR_TABLE   7u
#define OPCODE_MAP_0F    1

bool realmode_segment_is_real(const struct registers *registers)
{
    return !(registers->cr0 & X86_CR0_PE);
}

/* From a descriptor's two halves to what the CPU keeps of it. APM vol. 2, "Segment Descriptors". */
static bool realmode_segment_describe(struct vcpu *vcpu, const struct registers *registers, uint16_t selector,
                                      struct register_segment *segment)
{
    uint32_t half[2], offset = selector & ~SELECTOR_TABLE;
    coop_paddr at = registers->gdt.base + offset;
    if (selector & SELECTOR_TABLE || offset + 7 > registers->gdt.limit || registers->cr0 & X86_CR0_PG ||
        !guest_memory_read(&vcpu->vm->memory, at, half, sizeof(half)))
        return false;
    uint16_t attributes = (uint16_t)((half[1] >> 8 & 0xff) | (half[1] >> 12 & 0xf00));
    uint32_t limit = (half[0] & 0xffff) | (half[1] & 0xf0000);
    if (!(attributes & REGISTER_SEGMENT_PRESENT) || !(attributes & SEGMENT_SYSTEM))
        return false;
    *segment = (struct register_segment){selector, (uint16_t)(attributes | 1),
                                         attributes & SEGMENT_GRANULAR ? limit << 12 | 0xfff : limit,
                                         half[0] >> 16 | (half[1] & 0xff) << 16 | (half[1] & 0xff000000)};
    return true;
}

bool realmode_segment_load(struct vcpu *vcpu, struct registers *registers, unsigned number, uint16_t selector)
{
    struct register_segment *segment = &registers->segments[number];
    if (!realmode_segment_is_real(registers))
        return realmode_segment_describe(vcpu, registers, selector, segment);
    segment->selector = selector;
    segment->base = (uint64_t)selector << 4;
    return true;
}

coop_paddr realmode_segment_operand(const struct vcpu *vcpu, const struct registers *registers,
                                    const struct instruction *instruction)
{
    struct emulate_registers file = {.rip = registers->rip, .mode = registers_decode_mode(registers)};
    quadwords_copy(file.general, vcpu->general, 16);
    file.general[REGISTER_RSP] = registers->rsp;
    for (unsigned i = 0; i < SEGMENT_COUNT; i++)
        file.segment_base[i] = registers->segments[i].base;
    return emulate_operand_address(&file, instruction);
}

static void realmode_segment_set(struct vcpu *vcpu, struct registers *registers, unsigned number, unsigned bytes,
                                 uint32_t value)
{
    uint64_t *to = number == REGISTER_RSP ? &registers->rsp : &vcpu->general[number];
    *to = bytes == 2 ? (*to & ~0xfffful) | (uint16_t)value : value;
}

/* MOV between a segment register and a general one or memory. */
static bool realmode_segment_copy(struct vcpu *vcpu, struct registers *registers, const struct instruction *instruction)
{
    const struct instruction_operand *to = &instruction->operands[0], *from = &instruction->operands[1];
    uint16_t value;
    if (to->kind == OPERAND_SEGMENT) {
        value = (uint16_t)(from->number == REGISTER_RSP ? registers->rsp : vcpu->general[from->number & 15]);
        if (from->kind == OPERAND_MEMORY &&
            !guest_memory_read(&vcpu->vm->memory, realmode_segment_operand(vcpu, registers, instruction), &value,
                               sizeof(value)))
            return false;
        return realmode_segment_load(vcpu, registers, to->number, value);
    }
    value = registers->segments[from->number].selector;
    if (to->kind == OPERAND_MEMORY)
        return realmode_stack_store(vcpu, realmode_segment_operand(vcpu, registers, instruction), &value,
                                    sizeof(value));
    realmode_segment_set(vcpu, registers, to->number, to->bytes, value);
    return true;
}

/* PUSH and POP have it in their opcode. APM vol. 3, "Opcode and Operand Encodings". */
static unsigned realmode_segment_number(const struct instruction *instruction)
{
    unsigned number = instruction->opcode >> 3 & 3;
    return instruction->opcode_map == OPCODE_MAP_0F ? SEGMENT_FS + (number & 1) : number;
}

static bool realmode_segment_pop(struct vcpu *vcpu, struct registers *registers, const struct instruction *instruction)
{
    struct registers after = *registers;
    uint32_t value;
    if (!realmode_stack_pop(vcpu, &after, instruction->operand_bytes, &value) ||
        !realmode_segment_load(vcpu, &after, realmode_segment_number(instruction), (uint16_t)value))
        return false;
    *registers = after;
    return true;
}

/* LES, LDS, LSS, LFS, LGS: an offset for a general register, and a selector behind it. */
static bool realmode_segment_load_far(struct vcpu *vcpu, struct registers *registers,
                                      const struct instruction *instruction)
{
    coop_paddr at = realmode_segment_operand(vcpu, registers, instruction);
    unsigned bytes = instruction->operand_bytes, number = instruction->opcode & 7;
    uint32_t offset = 0;
    uint16_t selector;
    if (instruction->opcode_map != OPCODE_MAP_0F)
        number = number == 4 ? SEGMENT_ES : SEGMENT_DS; /* C4, C5; the others end in the register's number */
    if ((bytes > sizeof(offset) && !MUTATED(realmode_load_bytes)) ||
        !guest_memory_read(&vcpu->vm->memory, at, &offset, bytes) ||
        !guest_memory_read(&vcpu->vm->memory, at + bytes, &selector, sizeof(selector)) ||
        !realmode_segment_load(vcpu, registers, number, selector))
        return false;
    realmode_segment_set(vcpu, registers, instruction->operands[0].number, bytes, offset);
    return true;
}

bool realmode_segment_move(struct vcpu *vcpu, struct registers *registers, const struct instruction *instruction)
{
    switch (instruction->operation) {
    case OPERATION_MOV_SEGMENT:
        return realmode_segment_copy(vcpu, registers, instruction);
    case OPERATION_PUSH_SEGMENT:
        return realmode_stack_push(vcpu, registers, instruction->operand_bytes,
                                   registers->segments[realmode_segment_number(instruction)].selector);
    case OPERATION_POP_SEGMENT:
        return realmode_segment_pop(vcpu, registers, instruction);
    default:
        return realmode_segment_load_far(vcpu, registers, instruction);
    }
}

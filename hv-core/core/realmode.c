/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What executes no differently in real mode is the executor's; control registers, MSRs and CPUID are carried out by the
 * rows of their exits; what remains is here: segments, far jumps, descriptor tables, flags.
 */
#include "core/realmode.h"
#include "core/emulation.h"
#include "core/instruction.h"
#include "core/privileged.h"
#include "core/report.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "cpu/cpu_backend.h"
#include "emulate/execute.h"
#include "mmu/mmu_backend.h"
#include <coopvirt/primitives.h>
#include <coopvirt/x86.h>

#define REALMODE_MOST     256 /* instructions before others get their turn */
#define SEGMENT_TYPE_CODE 0x08
#define SEGMENT_SYSTEM    0x10 /* clear: a gate, a TSS */
#define SEGMENT_GRANULAR  0x800
#define TABLE_ENTRY_SHIFT 3
#define SELECTOR_TABLE    7u
#define TABLE_BASE_24     0xffffff
#define FLAGS_LOADABLE_16 0x00007fd5ul /* by POPF at CPL 0; and bits 16 and up: */
#define FLAGS_LOADABLE_32 0x00240000ul /* AC, ID */

bool realmode_is_needed(const struct registers *registers)
{
    if (!(registers->cr0 & X86_CR0_PE))
        return true;
    for (unsigned i = 0; i < SEGMENT_COUNT; i++) {
        const struct register_segment *segment = &registers->segments[i];
        unsigned privilege = segment->attributes >> 5 & 3, wanted = segment->selector & 3u;
        bool is_exact = i == SEGMENT_CS || i == SEGMENT_SS;
        if (segment->attributes & REGISTER_SEGMENT_PRESENT && (is_exact ? wanted != privilege : wanted > privilege))
            return true; /* left over from real mode, where the low bits of a selector are no privilege */
    }
    return false;
}

static bool realmode_is_real(const struct registers *registers)
{
    return !(registers->cr0 & X86_CR0_PE);
}

/* From a descriptor's two halves to what the CPU keeps of it. APM vol. 2, "Segment Descriptors". */
static bool realmode_load_descriptor(struct vcpu *vcpu, const struct registers *registers, uint16_t selector,
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

static bool realmode_load_segment(struct vcpu *vcpu, struct registers *registers, unsigned number, uint16_t selector)
{
    struct register_segment *segment = &registers->segments[number];
    if (!realmode_is_real(registers))
        return realmode_load_descriptor(vcpu, registers, selector, segment);
    segment->selector = selector;
    segment->base = (uint64_t)selector << 4;
    return true;
}

static uint64_t realmode_register(const struct vcpu *vcpu, const struct registers *registers, unsigned number)
{
    return number == REGISTER_RSP ? registers->rsp : vcpu->general[number];
}

/* The address of a memory operand; paging is off, or it is not executed here. */
static coop_paddr realmode_operand(const struct vcpu *vcpu, const struct registers *registers,
                                   const struct instruction *instruction)
{
    struct emulate_registers file = {.rip = registers->rip, .mode = registers_decode_mode(registers)};
    quadwords_copy(file.general, vcpu->general, 16);
    file.general[REGISTER_RSP] = registers->rsp;
    for (unsigned i = 0; i < SEGMENT_COUNT; i++)
        file.segment_base[i] = registers->segments[i].base;
    return emulate_operand_address(&file, instruction);
}

/* MOV between a segment register and a general one or memory. */
static bool realmode_move_segment(struct vcpu *vcpu, struct registers *registers, const struct instruction *instruction)
{
    const struct instruction_operand *to = &instruction->operands[0], *from = &instruction->operands[1];
    uint16_t value;
    if (to->kind == OPERAND_SEGMENT) {
        value = (uint16_t)realmode_register(vcpu, registers, from->number);
        if (from->kind == OPERAND_MEMORY &&
            !guest_memory_read(&vcpu->vm->memory, realmode_operand(vcpu, registers, instruction), &value,
                               sizeof(value)))
            return false;
        return to->number != SEGMENT_CS && realmode_load_segment(vcpu, registers, to->number, value);
    }
    value = registers->segments[from->number].selector;
    if (to->kind != OPERAND_REGISTER || to->number == REGISTER_RSP)
        return false;
    vcpu->general[to->number] = to->bytes == 2 ? (vcpu->general[to->number] & ~0xfffful) | value : value;
    return true;
}

/* JMP to a selector and an offset in the instruction or in memory. */
static bool realmode_jump_far(struct vcpu *vcpu, struct registers *registers, const struct instruction *instruction)
{
    const struct instruction_operand *where = &instruction->operands[0];
    uint32_t offset = (uint32_t)instruction->immediate;
    uint16_t selector = (uint16_t)instruction->immediate_second;
    if (where->kind == OPERAND_MEMORY) {
        coop_paddr at = realmode_operand(vcpu, registers, instruction);
        unsigned bytes = where->bytes - sizeof(selector);
        offset = 0;
        if (!guest_memory_read(&vcpu->vm->memory, at, &offset, bytes) ||
            !guest_memory_read(&vcpu->vm->memory, at + bytes, &selector, sizeof(selector)))
            return false;
    }
    if (!realmode_load_segment(vcpu, registers, SEGMENT_CS, selector))
        return false;
    registers->rip = offset;
    return true;
}

/* LGDT, LIDT: a limit of two bytes and a base of four, of which 16-bit operands take three. */
static bool realmode_load_table(struct vcpu *vcpu, const struct registers *registers,
                                const struct instruction *instruction, struct register_table *table)
{
    coop_paddr at = realmode_operand(vcpu, registers, instruction);
    uint16_t limit;
    uint32_t base;
    if (!guest_memory_read(&vcpu->vm->memory, at, &limit, sizeof(limit)) ||
        !guest_memory_read(&vcpu->vm->memory, at + sizeof(limit), &base, sizeof(base)))
        return false;
    *table = (struct register_table){instruction->operand_bytes == 2 ? base & TABLE_BASE_24 : base, limit};
    return true;
}

/* PUSHF and POPF, on the stack of SS. */
static bool realmode_move_flags(struct vcpu *vcpu, struct registers *registers, const struct instruction *instruction)
{
    bool is_push = instruction->operation == OPERATION_PUSHF;
    unsigned bytes = instruction->operand_bytes == 2 ? 2 : 4;
    uint16_t top = (uint16_t)(registers->rsp - (is_push ? bytes : 0));
    coop_paddr at = registers->segments[SEGMENT_SS].base + top;
    uint32_t value = (uint32_t)registers->rflags & ~(uint32_t)(X86_FLAGS_VM | X86_FLAGS_RF);
    if (registers->segments[SEGMENT_SS].attributes & REGISTER_SEGMENT_BIG)
        return false;
    if (!(is_push ? guest_memory_write(&vcpu->vm->memory, at, &value, bytes)
                  : guest_memory_read(&vcpu->vm->memory, at, &value, bytes)))
        return false;
    if (is_push)
        vcpu->vm->mmu->written(vcpu, at, bytes);
    registers->rsp = (registers->rsp & ~0xfffful) | (uint16_t)(is_push ? top : top + bytes);
    uint64_t loadable = FLAGS_LOADABLE_16 | (bytes == 4 ? FLAGS_LOADABLE_32 : 0);
    if (!is_push)
        registers->rflags = (registers->rflags & ~loadable) | (value & loadable) | X86_FLAGS_ONE;
    return true;
}

/* True when executed: RIP, unless it jumped, is still that of the instruction. */
static bool realmode_execute(struct vcpu *vcpu, struct registers *registers, const struct instruction *instruction)
{
    switch (instruction->operation) {
    case OPERATION_MOV_SEGMENT:
        return realmode_move_segment(vcpu, registers, instruction);
    case OPERATION_LGDT:
        return realmode_load_table(vcpu, registers, instruction, &registers->gdt);
    case OPERATION_LIDT:
        return realmode_load_table(vcpu, registers, instruction, &registers->idt);
    case OPERATION_PUSHF:
    case OPERATION_POPF:
        return realmode_move_flags(vcpu, registers, instruction);
    case OPERATION_CLI:
        registers->rflags &= ~(uint64_t)X86_FLAGS_IF;
        return true;
    default:
        return false;
    }
}

/* One instruction that the executor does not know. */
static bool realmode_step(struct vcpu *vcpu)
{
    struct vm *vm = vcpu->vm;
    struct registers registers;
    vm->cpu->read_registers(vcpu, &registers);
    if (!realmode_is_needed(&registers))
        return true;
    const struct instruction *instruction = instruction_decode_at(vcpu, &registers);
    if (!instruction)
        return false;
    enum vm_exit_reason reason = privileged_reason(instruction);
    if (reason != VM_EXIT_OTHER) {
        vcpu->exit.is_long_code = false;
        vcpu->exit.cpl = 0;
        if (!privileged_is_done(privileged_carry_out(vcpu, &registers, instruction, reason, vm->exits)))
            return false;
        vm->cpu->advance(vcpu, vcpu->exit.next_rip);
        return true;
    }
    uint64_t next = registers.rip + instruction->length;
    if (instruction->operation == OPERATION_JMP_FAR) {
        if (!realmode_jump_far(vcpu, &registers, instruction))
            return false;
    } else if (realmode_execute(vcpu, &registers, instruction)) {
        registers.rip = next;
    } else {
        return false;
    }
    vm->cpu->write_registers(vcpu, &registers);
    return true;
}

enum realmode_outcome realmode_run(struct vcpu *vcpu)
{
    struct registers registers;
    unsigned done = 0, trapping = 0, last = 0;
    for (; done < REALMODE_MOST; done++) {
        vcpu->vm->cpu->read_registers(vcpu, &registers);
        if (!realmode_is_needed(&registers))
            return REALMODE_DONE;
        unsigned moved = emulation_go_on(vcpu, 1, &trapping, &last);
        if (vm_is_stopped(vcpu->vm))
            return REALMODE_STOP;
        if (!moved && (event_is_waiting(&vcpu->events) || !realmode_step(vcpu))) {
            report_stop(vcpu, VM_STOP_BAD_ACCESS, "an instruction in real mode that is not emulated");
            return REALMODE_STOP;
        }
    }
    return REALMODE_MORE;
}

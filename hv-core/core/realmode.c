/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What executes no differently in real mode is the executor's; control registers, MSRs and CPUID are carried out by the
 * rows of their exits; segments, and what goes from one code segment to another, have files of their own. What remains
 * is here: descriptor tables, flags, HLT, the trap flag. Left out are the limits of segments but that of code.
 */
#include "core/realmode.h"
#include "core/emulation.h"
#include "core/instruction.h"
#include "core/privileged.h"
#include "core/realmode_segment.h"
#include "core/realmode_stack.h"
#include "core/realmode_transfer.h"
#include "core/report.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "cpu/cpu_backend.h"
#include "machine/tsc.h"
#include <coopvirt/mutation.h>
#include <coopvirt/x86.h>

#define REALMODE_MOST     256 /* instructions before others get their turn */
#define TABLE_BASE_24     0xffffff
#define FLAGS_LOADABLE_16 0x00007fd5ul /* by POPF at CPL 0; and bits 16 and up: */
#define FLAGS_LOADABLE_32 (X86_FLAGS_AC | X86_FLAGS_ID)

/* How an instruction ended that the executor does not know. */
enum realmode_end {
    REALMODE_NEXT,    /* RIP is to be moved behind it */
    REALMODE_THERE,   /* RIP is where it goes on, or an exception waits */
    REALMODE_HALTS,   /* RIP is to be moved, and the VCPU waits */
    REALMODE_UNKNOWN, /* not done */
};

bool realmode_is_needed(const struct registers *registers)
{
    if (!(registers->cr0 & X86_CR0_PE))
        return true;
    if (registers->cr0 & X86_CR0_PG || registers->rflags & X86_FLAGS_VM)
        return false; /* addresses would be linear ones, segments those of another mode: the CPU judges such a state */
    for (unsigned i = 0; i < SEGMENT_COUNT; i++) {
        const struct register_segment *segment = &registers->segments[i];
        unsigned privilege = segment->attributes >> 5 & 3, wanted = segment->selector & 3u;
        bool is_exact = i == SEGMENT_CS || i == SEGMENT_SS;
        if (segment->attributes & REGISTER_SEGMENT_PRESENT && (is_exact ? wanted != privilege : wanted > privilege))
            return true; /* left over from real mode, where the low bits of a selector are no privilege */
    }
    return false;
}

/* SGDT, SIDT, LGDT, LIDT: a limit of two bytes and a base of four, of which 16-bit operands load three. */
static bool realmode_move_table(struct vcpu *vcpu, const struct registers *registers,
                                const struct instruction *instruction, struct register_table *table)
{
    coop_paddr at = realmode_segment_operand(vcpu, registers, instruction);
    bool is_load = instruction->operation == OPERATION_LGDT || instruction->operation == OPERATION_LIDT;
    struct {
        uint16_t limit;
        uint32_t base;
    } __attribute__((packed)) image = {(uint16_t)table->limit, (uint32_t)table->base};
    if (!is_load)
        return realmode_stack_store(vcpu, at, &image, sizeof(image));
    if (!guest_memory_read(&vcpu->vm->memory, at, &image, sizeof(image)))
        return false;
    uint32_t base = image.base;
    *table = (struct register_table){instruction->operand_bytes == 2 ? base & TABLE_BASE_24 : base, image.limit};
    return true;
}

/* PUSHF and POPF. */
static bool realmode_move_flags(struct vcpu *vcpu, struct registers *registers, const struct instruction *instruction)
{
    unsigned bytes = instruction->operand_bytes;
    uint64_t loadable = FLAGS_LOADABLE_16 | (bytes == 4 ? FLAGS_LOADABLE_32 : 0);
    uint32_t value = (uint32_t)registers->rflags & ~(uint32_t)(X86_FLAGS_VM | X86_FLAGS_RF);
    if (instruction->operation == OPERATION_PUSHF)
        return realmode_stack_push(vcpu, registers, bytes, value);
    if (!realmode_stack_pop(vcpu, registers, bytes, &value))
        return false;
    registers->rflags = (registers->rflags & ~loadable) | (value & loadable) | X86_FLAGS_ONE;
    return true;
}

static enum realmode_end realmode_raise(struct vcpu *vcpu, uint8_t vector, bool has_error_code)
{
    event_raise(&vcpu->events, vector, has_error_code, 0);
    return REALMODE_THERE;
}

/* What lies there is not fetched. SDM vol. 3, "Limit Checking". */
static bool realmode_is_beyond_limit(const struct registers *registers)
{
    return realmode_segment_is_real(registers) && registers->rip > registers->segments[SEGMENT_CS].limit;
}

/* Whether the bytes at RIP are no instruction at all, or none of real mode. */
static bool realmode_is_undefined(const struct vcpu *vcpu, const struct registers *registers)
{
    uint8_t bytes[INSTRUCTION_BYTES_MAX];
    struct instruction found;
    size_t got = instruction_fetch(vcpu, registers, bytes);
    enum decode_status status = decode_instruction(bytes, got, registers_decode_mode(registers), &found);
    if (status != DECODE_OK)
        return status == DECODE_INVALID;
    switch (found.operation) {
    case OPERATION_UD2:
    case OPERATION_SLDT:
    case OPERATION_STR:
    case OPERATION_LLDT:
    case OPERATION_LTR:
    case OPERATION_VERR:
    case OPERATION_VERW:
        return true;
    default:
        return false;
    }
}

static enum realmode_end realmode_execute(struct vcpu *vcpu, struct registers *registers,
                                          const struct instruction *instruction)
{
    bool is_done = true;
    switch (instruction->operation) {
    case OPERATION_MOV_SEGMENT:
    case OPERATION_PUSH_SEGMENT:
    case OPERATION_POP_SEGMENT:
    case OPERATION_LOAD_FAR:
        is_done = realmode_segment_move(vcpu, registers, instruction);
        break;
    case OPERATION_SGDT:
    case OPERATION_LGDT:
        is_done = realmode_move_table(vcpu, registers, instruction, &registers->gdt);
        break;
    case OPERATION_SIDT:
    case OPERATION_LIDT:
        is_done = realmode_move_table(vcpu, registers, instruction, &registers->idt);
        break;
    case OPERATION_PUSHF:
    case OPERATION_POPF:
        is_done = realmode_move_flags(vcpu, registers, instruction);
        break;
    case OPERATION_CLI:
        registers->rflags &= ~(uint64_t)X86_FLAGS_IF;
        break;
    case OPERATION_STI:
        registers->rflags |= X86_FLAGS_IF;
        break;
    case OPERATION_RDTSC: {
        uint64_t now = tsc_read() + vcpu->tsc_offset;
        vcpu->general[REGISTER_RAX] = (uint32_t)now;
        vcpu->general[REGISTER_RDX] = now >> 32;
        break;
    }
    case OPERATION_PAUSE:
        break;
    case OPERATION_HLT:
        return REALMODE_HALTS;
    default:
        is_done = false;
    }
    return is_done ? REALMODE_NEXT : REALMODE_UNKNOWN;
}

/* By the row of its exit, which may move registers of its own. */
static enum realmode_end realmode_carry_out(struct vcpu *vcpu, const struct registers *registers,
                                            const struct instruction *instruction, enum vm_exit_reason reason)
{
    struct vm *vm = vcpu->vm;
    vcpu->exit.is_long_code = false;
    vcpu->exit.cpl = 0;
    if (privileged_is_done(privileged_carry_out(vcpu, registers, instruction, reason, vm->exits))) {
        vm->cpu->advance(vcpu, vcpu->exit.next_rip);
        return REALMODE_THERE;
    }
    return event_is_waiting(&vcpu->events) ? REALMODE_THERE : REALMODE_UNKNOWN;
}

static bool realmode_loads_stack(const struct instruction *instruction)
{
    switch (instruction->operation) {
    case OPERATION_MOV_SEGMENT:
        return instruction->operands[0].kind == OPERAND_SEGMENT && instruction->operands[0].number == SEGMENT_SS;
    case OPERATION_POP_SEGMENT:
        return instruction->opcode_map == 0 && (instruction->opcode >> 3 & 3) == SEGMENT_SS;
    default:
        return false;
    }
}

/* After STI, and after a load of SS, one instruction more is executed before an interrupt. */
static bool realmode_is_shadow(const struct instruction *instruction, const struct registers *before)
{
    if (instruction->operation == OPERATION_STI)
        return !(before->rflags & X86_FLAGS_IF);
    return realmode_loads_stack(instruction);
}

/* Whether the trap of an instruction that began with TF set comes behind it: not where SS was loaded, nor in the
 * handler that it called. SDM vol. 3, "Single-Step Exception Condition". */
static bool realmode_is_stepped(const struct vcpu *vcpu, const struct instruction *instruction,
                                const struct registers *after)
{
    bool is_call = instruction->operation == OPERATION_INT || instruction->operation == OPERATION_INT3 ||
                   instruction->operation == OPERATION_INTO;
    return !event_is_waiting(&vcpu->events) && !(is_call && !(after->rflags & X86_FLAGS_TF)) &&
           !realmode_loads_stack(instruction);
}

/* Raised where others are that the hypervisor carries out: behind an instruction that leaves TF set. */
static void realmode_trap(struct vcpu *vcpu, struct registers *registers)
{
    const struct cpu_backend *cpu = vcpu->vm->cpu;
    uint64_t flags = registers->rflags;
    registers->rflags |= X86_FLAGS_TF;
    cpu->write_registers(vcpu, registers);
    cpu->advance(vcpu, registers->rip);
    registers->rflags = flags;
    cpu->write_registers(vcpu, registers);
}

/* One instruction that the executor does not know. */
static enum realmode_end realmode_step(struct vcpu *vcpu, bool *is_shadowed)
{
    struct registers registers, before;
    vcpu->vm->cpu->read_registers(vcpu, &registers);
    if (registers_decode_mode(&registers) == DECODE_MODE_64)
        return REALMODE_UNKNOWN;
    const struct instruction *instruction = instruction_decode_at(vcpu, &registers);
    if (realmode_segment_is_real(&registers) && realmode_is_undefined(vcpu, &registers))
        return realmode_raise(vcpu, X86_VECTOR_UD, false);
    if (!instruction)
        return REALMODE_UNKNOWN;
    enum vm_exit_reason reason = privileged_reason(instruction);
    if (reason != VM_EXIT_OTHER)
        return realmode_carry_out(vcpu, &registers, instruction, reason);
    before = registers;
    enum realmode_end end;
    if (realmode_transfer_is_known(instruction))
        end = realmode_transfer_execute(vcpu, &registers, instruction) ? REALMODE_THERE : REALMODE_UNKNOWN;
    else
        end = realmode_execute(vcpu, &registers, instruction);
    if (end == REALMODE_UNKNOWN)
        return end;
    *is_shadowed = realmode_is_shadow(instruction, &before);
    if (end != REALMODE_THERE)
        registers.rip = realmode_transfer_next(&registers, instruction);
    vcpu->vm->cpu->write_registers(vcpu, &registers);
    if (before.rflags & X86_FLAGS_TF && realmode_is_stepped(vcpu, instruction, &registers))
        realmode_trap(vcpu, &registers);
    return end == REALMODE_HALTS && event_is_waiting(&vcpu->events) ? REALMODE_THERE : end;
}

/* One instruction. REALMODE_MORE: go on. */
static enum realmode_outcome realmode_one(struct vcpu *vcpu, const struct registers *registers, bool *is_shadowed)
{
    bool was_shadowed = *is_shadowed;
    *is_shadowed = false;
    vcpu->exit.reason = VM_EXIT_OTHER; /* whose fault is not that of this instruction */
    enum realmode_end end = realmode_is_beyond_limit(registers) ? realmode_raise(vcpu, X86_VECTOR_GP, true)
                            : emulation_try(vcpu)               ? REALMODE_THERE
                                                                : realmode_step(vcpu, is_shadowed);
    if (was_shadowed && !MUTATED(realmode_shadow)) /* of a sequence only the first one does. SDM vol. 2, "MOV" */
        *is_shadowed = false;
    if (vm_is_stopped(vcpu->vm))
        return REALMODE_STOP;
    if (end == REALMODE_UNKNOWN) {
        report_stop(vcpu, VM_STOP_BAD_ACCESS, "an instruction in real mode that is not emulated");
        return REALMODE_STOP;
    }
    return end == REALMODE_HALTS ? REALMODE_HALT : REALMODE_MORE;
}

/* Delivers what waits. False: there is nothing, or nothing yet. */
static bool realmode_deliver(struct vcpu *vcpu, struct registers *registers, bool is_shadowed)
{
    if (!realmode_segment_is_real(registers)) {
        if (event_is_waiting(&vcpu->events))
            report_stop(vcpu, VM_STOP_BAD_ACCESS, "an exception where real mode is being left");
        return false;
    }
    if (!realmode_transfer_deliver(vcpu, registers, is_shadowed))
        return false;
    vcpu->vm->cpu->write_registers(vcpu, registers);
    return true;
}

enum realmode_outcome realmode_run(struct vcpu *vcpu)
{
    struct registers registers;
    bool is_shadowed = false;
    for (unsigned done = 0; done < REALMODE_MOST || is_shadowed; done++) {
        vcpu->vm->cpu->read_registers(vcpu, &registers);
        if (!realmode_is_needed(&registers))
            return REALMODE_DONE;
        bool is_delivered = realmode_deliver(vcpu, &registers, is_shadowed);
        if (vm_is_stopped(vcpu->vm))
            return REALMODE_STOP;
        is_shadowed = is_shadowed && !is_delivered;
        enum realmode_outcome outcome = is_delivered ? REALMODE_MORE : realmode_one(vcpu, &registers, &is_shadowed);
        if (outcome == REALMODE_HALT) {
            vcpu->exit.reason = VM_EXIT_HLT;
            vcpu->exit.has_interrupts = registers.rflags & X86_FLAGS_IF;
        }
        if (outcome != REALMODE_MORE)
            return outcome;
    }
    return REALMODE_MORE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Near branches, so that a loop around an access that traps can be gone on with. A target that is not canonical, and
 * a size that vendors read differently, are left to the CPU.
 */
#include <coopvirt/x86.h>

#include "emulate/execute_alu.h"
#include "emulate/execute_handlers.h"

#define CANONICAL_BITS 48

/* The low opcode bits of LOOP and its kin, beside 0: LOOPNE. */
#define LOOP_EQUAL 1
#define LOOP_PLAIN 2
#define LOOP_NONE  3 /* JrCXZ */

/* In 64-bit code a 16-bit operand size is ignored by one vendor and obeyed by the other. */
static bool execute_branch_take(struct execute_state *state, uint64_t target)
{
    const struct emulate_registers *registers = state->registers;
    bool is_long = registers->mode == DECODE_MODE_64;
    bool is_canonical = execute_operand_extend(target, CANONICAL_BITS / 8) == target;
    if (is_long && (state->instruction->operand_override || !is_canonical)) {
        state->status = EMULATE_UNSUPPORTED;
        return false;
    }
    state->target = target & execute_operand_mask(is_long ? 8 : state->instruction->operand_bytes);
    state->has_target = true;
    return true;
}

/* Relative to the next instruction, or what the operand holds. */
static bool execute_branch_target(struct execute_state *state, uint64_t *target)
{
    const struct instruction *instruction = state->instruction;
    if (instruction->operands[0].kind != OPERAND_RELATIVE)
        return execute_operand_read(state, 0, target);
    *target = state->registers->rip + instruction->length + instruction->immediate;
    return true;
}

bool execute_branch_jump(struct execute_state *state)
{
    uint64_t target;
    return execute_branch_target(state, &target) && execute_branch_take(state, target);
}

bool execute_branch_if(struct execute_state *state)
{
    if (!execute_alu_condition(state->instruction->condition, state->registers->rflags))
        return true;
    return execute_branch_jump(state);
}

bool execute_branch_call(struct execute_state *state)
{
    const struct instruction *instruction = state->instruction;
    unsigned bytes = state->registers->mode == DECODE_MODE_64 ? 8 : instruction->operand_bytes;
    uint64_t target;
    return execute_branch_target(state, &target) && execute_branch_take(state, target) &&
           execute_operand_push(state, bytes, emulate_next_rip(state->registers, instruction->length));
}

bool execute_branch_return(struct execute_state *state)
{
    struct emulate_registers *registers = state->registers;
    const struct instruction *instruction = state->instruction;
    unsigned bytes = registers->mode == DECODE_MODE_64 ? 8 : instruction->operand_bytes;
    unsigned width = execute_operand_stack_bytes(registers);
    uint64_t top = registers->general[REGISTER_RSP] & execute_operand_mask(width), target;
    if (!execute_operand_load(state, SEGMENT_SS, top, bytes, EMULATE_INTENT_READ, &target) ||
        !execute_branch_take(state, target))
        return false;
    uint64_t released = instruction->operands[0].kind == OPERAND_IMMEDIATE ? (uint16_t)instruction->immediate : 0;
    execute_operand_set_register(registers, REGISTER_RSP, width, top + bytes + released);
    return true;
}

/* LOOPNE, LOOPE, LOOP, JrCXZ. Counts in a register of the address size, which a branch that is refused leaves. With a
 * repeat prefix, of which the manuals say nothing, AMD's CPUs (Zen) take the condition from the prefix. */
bool execute_branch_loop(struct execute_state *state)
{
    struct emulate_registers *registers = state->registers;
    unsigned kind = state->instruction->opcode & 3, bytes = state->instruction->address_bytes;
    uint64_t count = registers->general[REGISTER_RCX], mask = execute_operand_mask(bytes);
    bool is_equal = registers->rflags & X86_FLAGS_ZF, counts = kind != LOOP_NONE;
    bool goes = ((count - counts) & mask) != 0;
    if (kind < LOOP_PLAIN && (state->instruction->rep || state->instruction->repne)) {
        state->status = EMULATE_UNSUPPORTED;
        return false;
    }
    if (!counts)
        goes = !goes;
    else if (kind != LOOP_PLAIN)
        goes &= is_equal == (kind == LOOP_EQUAL);
    if (goes && !execute_branch_jump(state))
        return false;
    if (counts)
        execute_operand_set_register(registers, REGISTER_RCX, bytes, count - 1);
    return true;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arithmetic instructions on operands. Memory is written before any register or flag, so that a
 * fault leaves the instruction as if it had not begun.
 */
#include <coopvirt/x86.h>

#include "emulate/execute_alu.h"
#include "emulate/execute_handlers.h"

bool execute_arithmetic_binary(struct execute_state *state)
{
    enum instruction_operation operation = state->instruction->operation;
    uint64_t a, b, rflags = state->registers->rflags;
    if (!execute_operand_read(state, 0, &a) || !execute_operand_read(state, 1, &b))
        return false;
    a = execute_alu_binary(operation, a, b, state->instruction->operand_bytes, &rflags);
    bool stored = operation != OPERATION_CMP && operation != OPERATION_TEST;
    if (stored && !execute_operand_write(state, 0, a))
        return false;
    state->registers->rflags = rflags;
    return true;
}

bool execute_arithmetic_unary(struct execute_state *state)
{
    uint64_t a, rflags = state->registers->rflags;
    if (!execute_operand_read(state, 0, &a))
        return false;
    a = execute_alu_unary(state->instruction->operation, a, state->instruction->operand_bytes, &rflags);
    if (!execute_operand_write(state, 0, a))
        return false;
    state->registers->rflags = rflags;
    return true;
}

bool execute_arithmetic_shift(struct execute_state *state)
{
    uint64_t a, count, rflags = state->registers->rflags;
    if (!execute_operand_read(state, 0, &a) || !execute_operand_read(state, 1, &count))
        return false;
    a = execute_alu_shift(state->instruction->operation, a, count & 0xff, state->instruction->operand_bytes, &rflags);
    if (!execute_operand_write(state, 0, a))
        return false;
    state->registers->rflags = rflags;
    return true;
}

bool execute_arithmetic_shift_double(struct execute_state *state)
{
    uint64_t a, fill, count, rflags = state->registers->rflags;
    if (!execute_operand_read(state, 0, &a) || !execute_operand_read(state, 1, &fill) ||
        !execute_operand_read(state, 2, &count))
        return false;
    a = execute_alu_shift_double(state->instruction->operation, a, fill, count & 0xff,
                                 state->instruction->operand_bytes, &rflags);
    if (!execute_operand_write(state, 0, a))
        return false;
    state->registers->rflags = rflags;
    return true;
}

/* Stores high:low where MUL and DIV have them: AH:AL, or rDX:rAX. */
static void execute_arithmetic_set_pair(struct emulate_registers *registers, unsigned bytes, uint64_t low,
                                        uint64_t high)
{
    if (bytes == 1) {
        execute_operand_set_register(registers, REGISTER_RAX, 2, (high & 0xff) << 8 | (low & 0xff));
        return;
    }
    execute_operand_set_register(registers, REGISTER_RAX, bytes, low);
    execute_operand_set_register(registers, REGISTER_RDX, bytes, high);
}

bool execute_arithmetic_multiply(struct execute_state *state)
{
    unsigned bytes = state->instruction->operand_bytes;
    uint64_t b, product[2];
    if (!execute_operand_read(state, 0, &b))
        return false;
    uint64_t a = state->registers->general[REGISTER_RAX] & execute_operand_mask(bytes);
    execute_alu_multiply(state->instruction->operation, a, b, bytes, product, &state->registers->rflags);
    execute_arithmetic_set_pair(state->registers, bytes, product[0], product[1]);
    return true;
}

bool execute_arithmetic_multiply_truncate(struct execute_state *state)
{
    unsigned first = state->instruction->operands[2].kind == OPERAND_NONE ? 0 : 1;
    uint64_t a, b, product[2];
    if (!execute_operand_read(state, first, &a) || !execute_operand_read(state, first + 1, &b))
        return false;
    execute_alu_multiply(OPERATION_IMUL, a, b, state->instruction->operand_bytes, product, &state->registers->rflags);
    return execute_operand_write(state, 0, product[0]);
}

bool execute_arithmetic_divide(struct execute_state *state)
{
    unsigned bytes = state->instruction->operand_bytes;
    const uint64_t *general = state->registers->general;
    uint64_t divisor, quotient, remainder;
    if (!execute_operand_read(state, 0, &divisor))
        return false;
    uint64_t dividend[2] = {general[REGISTER_RAX], general[REGISTER_RDX]};
    if (bytes == 1)
        dividend[1] = general[REGISTER_RAX] >> 8;
    if (!execute_alu_divide(state->instruction->operation, dividend, divisor, bytes, &quotient, &remainder,
                            &state->registers->rflags))
        return execute_operand_raise(state, X86_VECTOR_DE, false);
    execute_arithmetic_set_pair(state->registers, bytes, quotient, remainder);
    return true;
}

/* A bit number in a register reaches beyond a memory operand, in either direction. */
static void execute_arithmetic_move_to_bit(struct execute_state *state, uint64_t number)
{
    const struct instruction *instruction = state->instruction;
    unsigned bytes = instruction->operand_bytes;
    int64_t words = (int64_t)execute_operand_extend(number, bytes) >> (bytes == 2 ? 4 : bytes == 4 ? 5 : 6);
    uint64_t offset = emulate_effective_address(state->registers, instruction) + (uint64_t)words * bytes;
    offset &= execute_operand_mask(instruction->address_bytes);
    state->address = emulate_linear_address(state->registers, instruction->segment, offset);
}

/* Undefined flags of BT and its kin are left as they are: all but CF (ZF is kept by definition). */
bool execute_arithmetic_bit(struct execute_state *state)
{
    const struct instruction *instruction = state->instruction;
    uint64_t a, number;
    if (!execute_operand_read(state, 1, &number))
        return false;
    if (instruction->has_memory_operand && instruction->operands[1].kind == OPERAND_REGISTER)
        execute_arithmetic_move_to_bit(state, number);
    if (!execute_operand_read(state, 0, &a))
        return false;
    uint64_t bit = (uint64_t)1 << (number & (8 * instruction->operand_bytes - 1));
    bool was_set = a & bit;
    if (instruction->operation != OPERATION_BT) {
        uint64_t result = instruction->operation == OPERATION_BTS   ? a | bit
                          : instruction->operation == OPERATION_BTR ? a & ~bit
                                                                    : a ^ bit;
        if (!execute_operand_write(state, 0, result))
            return false;
    }
    state->registers->rflags = (state->registers->rflags & ~X86_FLAGS_CF) | (was_set ? X86_FLAGS_CF : 0);
    return true;
}

bool execute_arithmetic_count(struct execute_state *state)
{
    enum instruction_operation operation = state->instruction->operation;
    uint64_t a;
    if (!execute_operand_read(state, 1, &a))
        return false;
    uint64_t result = execute_alu_count(operation, a, state->instruction->operand_bytes, &state->registers->rflags);
    if (a == 0 && (operation == OPERATION_BSF || operation == OPERATION_BSR))
        return true; /* the destination is left: AMD APM vol. 3, "BSF" */
    return execute_operand_write(state, 0, result);
}

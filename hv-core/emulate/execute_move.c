/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moves of every kind: plain, extending, byte-swapping, conditional, to and from the stack.
 */
#include "emulate/execute_alu.h"
#include "emulate/execute_handlers.h"

/* MOV, MOVNTI; MOVZX too, because operands are read zero-extended. */
bool execute_move_plain(struct execute_state *state)
{
    uint64_t value;
    return execute_operand_read(state, 1, &value) && execute_operand_write(state, 0, value);
}

bool execute_move_extend(struct execute_state *state)
{
    uint64_t value;
    if (!execute_operand_read(state, 1, &value))
        return false;
    return execute_operand_write(state, 0, execute_operand_extend(value, state->instruction->operands[1].bytes));
}

static uint64_t execute_move_reversed(uint64_t value, unsigned bytes)
{
    uint64_t reversed = 0;
    for (unsigned i = 0; i < bytes; i++)
        reversed |= (value >> 8 * i & 0xff) << 8 * (bytes - 1 - i);
    return reversed;
}

bool execute_move_swapped(struct execute_state *state)
{
    uint64_t value;
    if (!execute_operand_read(state, 1, &value))
        return false;
    return execute_operand_write(state, 0, execute_move_reversed(value, state->instruction->operand_bytes));
}

/* BSWAP. Of a 16-bit register it is undefined: 0. */
bool execute_move_swap_bytes(struct execute_state *state)
{
    unsigned bytes = state->instruction->operand_bytes;
    uint64_t value;
    if (!execute_operand_read(state, 0, &value))
        return false;
    return execute_operand_write(state, 0, bytes == 2 ? 0 : execute_move_reversed(value, bytes));
}

/* CMOVcc: the source is read and the destination written (its upper half cleared) in any case. */
bool execute_move_if(struct execute_state *state)
{
    uint64_t old, value;
    if (!execute_operand_read(state, 0, &old) || !execute_operand_read(state, 1, &value))
        return false;
    bool holds = execute_alu_condition(state->instruction->condition, state->registers->rflags);
    return execute_operand_write(state, 0, holds ? value : old);
}

bool execute_move_condition(struct execute_state *state)
{
    return execute_operand_write(state, 0,
                                 execute_alu_condition(state->instruction->condition, state->registers->rflags));
}

bool execute_move_address(struct execute_state *state)
{
    return execute_operand_write(state, 0, emulate_effective_address(state->registers, state->instruction));
}

/* CBW, CWDE, CDQE: the lower half of the accumulator fills the whole. */
bool execute_move_widen(struct execute_state *state)
{
    unsigned bytes = state->instruction->operand_bytes;
    uint64_t value = execute_operand_extend(state->registers->general[REGISTER_RAX], bytes / 2);
    execute_operand_set_register(state->registers, REGISTER_RAX, bytes, value);
    return true;
}

/* CWD, CDQ, CQO: rDX becomes the sign of rAX. */
bool execute_move_sign(struct execute_state *state)
{
    unsigned bytes = state->instruction->operand_bytes;
    uint64_t value = execute_operand_extend(state->registers->general[REGISTER_RAX], bytes);
    execute_operand_set_register(state->registers, REGISTER_RDX, bytes, (int64_t)value < 0 ? UINT64_MAX : 0);
    return true;
}

bool execute_move_nothing(struct execute_state *state)
{
    (void)state;
    return true;
}

bool execute_move_push(struct execute_state *state)
{
    uint64_t value;
    return execute_operand_read(state, 0, &value) &&
           execute_operand_push(state, state->instruction->operand_bytes, value);
}

/* The address of a memory operand is taken after rSP has moved, a register operand is written after. */
bool execute_move_pop(struct execute_state *state)
{
    struct emulate_registers *registers = state->registers;
    unsigned bytes = state->instruction->operand_bytes, width = execute_operand_stack_bytes(registers);
    uint64_t old = registers->general[REGISTER_RSP], value;
    if (!execute_operand_load(state, SEGMENT_SS, old & execute_operand_mask(width), bytes, EMULATE_INTENT_READ, &value))
        return false;
    execute_operand_set_register(registers, REGISTER_RSP, width, old + bytes);
    if (state->instruction->has_memory_operand)
        state->address = emulate_operand_address(registers, state->instruction);
    if (execute_operand_write(state, 0, value))
        return true;
    registers->general[REGISTER_RSP] = old;
    return false;
}

/* XLAT: AL becomes the byte of a table that it numbers. */
bool execute_move_look_up(struct execute_state *state)
{
    const struct instruction *instruction = state->instruction;
    uint64_t *general = state->registers->general, value;
    uint64_t offset = general[REGISTER_RBX] + (general[REGISTER_RAX] & 0xff);
    if (!execute_operand_load(state, instruction->segment, offset & execute_operand_mask(instruction->address_bytes), 1,
                              EMULATE_INTENT_READ, &value))
        return false;
    execute_operand_set_register(state->registers, REGISTER_RAX, 1, value);
    return true;
}

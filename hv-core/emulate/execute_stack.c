/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What moves more on the stack than one value: PUSHA, POPA, LEAVE. The stack pointer, and registers, change only when
 * every access is done.
 */
#include "emulate/execute_handlers.h"

#define STACK_ALL 8 /* rAX, rCX, rDX, rBX, rSP, rBP, rSI, rDI, downwards */

bool execute_stack_push_all(struct execute_state *state)
{
    struct emulate_registers *registers = state->registers;
    unsigned bytes = state->instruction->operand_bytes, width = execute_operand_stack_bytes(registers);
    uint64_t top = registers->general[REGISTER_RSP], mask = execute_operand_mask(width);
    for (unsigned i = 0; i < STACK_ALL; i++) {
        top -= bytes;
        if (!execute_operand_store(state, SEGMENT_SS, top & mask, bytes, registers->general[i]))
            return false;
    }
    execute_operand_set_register(registers, REGISTER_RSP, width, top);
    return true;
}

/* The stack pointer that PUSHA has stored is skipped. */
bool execute_stack_pop_all(struct execute_state *state)
{
    struct emulate_registers *registers = state->registers;
    unsigned bytes = state->instruction->operand_bytes, width = execute_operand_stack_bytes(registers);
    uint64_t top = registers->general[REGISTER_RSP], mask = execute_operand_mask(width), values[STACK_ALL];
    for (unsigned i = STACK_ALL; i-- > 0; top += bytes)
        if (!execute_operand_load(state, SEGMENT_SS, top & mask, bytes, EMULATE_INTENT_READ, &values[i]))
            return false;
    for (unsigned i = 0; i < STACK_ALL; i++)
        if (i != REGISTER_RSP)
            execute_operand_set_register(registers, i, bytes, values[i]);
    execute_operand_set_register(registers, REGISTER_RSP, width, top);
    return true;
}

bool execute_stack_leave(struct execute_state *state)
{
    struct emulate_registers *registers = state->registers;
    unsigned bytes = state->instruction->operand_bytes, width = execute_operand_stack_bytes(registers);
    uint64_t top = registers->general[REGISTER_RBP] & execute_operand_mask(width), value;
    if (!execute_operand_load(state, SEGMENT_SS, top, bytes, EMULATE_INTENT_READ, &value))
        return false;
    execute_operand_set_register(registers, REGISTER_RSP, width, top + bytes);
    execute_operand_set_register(registers, REGISTER_RBP, bytes, value);
    return true;
}

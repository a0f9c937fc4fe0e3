/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XCHG, XADD, CMPXCHG, CMPXCHG8B and 16B. With LOCK (XCHG always) the write is the world's
 * compare_exchange with what was read; where another CPU came between, the instruction is begun
 * again from its start (EMULATE_CONTINUE).
 */
#include <coopvirt/x86.h>

#include "emulate/execute_alu.h"
#include "emulate/execute_handlers.h"

bool execute_exchange_plain(struct execute_state *state)
{
    uint64_t a, b;
    if (!execute_operand_read(state, 0, &a) || !execute_operand_read(state, 1, &b))
        return false;
    return execute_operand_write(state, 0, b) && execute_operand_write(state, 1, a);
}

bool execute_exchange_add(struct execute_state *state)
{
    uint64_t a, b, rflags = state->registers->rflags;
    if (!execute_operand_read(state, 0, &a) || !execute_operand_read(state, 1, &b))
        return false;
    uint64_t sum = execute_alu_binary(OPERATION_ADD, a, b, state->instruction->operand_bytes, &rflags);
    if (state->instruction->has_memory_operand) {
        if (!execute_operand_write(state, 0, sum))
            return false;
        execute_operand_write(state, 1, a);
    } else { /* the sum is what stays where both are one register */
        execute_operand_write(state, 1, a);
        execute_operand_write(state, 0, sum);
    }
    state->registers->rflags = rflags;
    return true;
}

/* Memory is written in either case, with what it held where the comparison failed. */
bool execute_exchange_compare(struct execute_state *state)
{
    unsigned bytes = state->instruction->operand_bytes;
    uint64_t old, replacement, rflags = state->registers->rflags;
    if (!execute_operand_read(state, 0, &old) || !execute_operand_read(state, 1, &replacement))
        return false;
    execute_alu_binary(OPERATION_CMP, state->registers->general[REGISTER_RAX], old, bytes, &rflags);
    bool equal = rflags & X86_FLAGS_ZF;
    if (state->instruction->has_memory_operand || equal) {
        if (!execute_operand_write(state, 0, equal ? replacement : old))
            return false;
    }
    if (!equal)
        execute_operand_set_register(state->registers, REGISTER_RAX, bytes, old);
    state->registers->rflags = rflags;
    return true;
}

bool execute_exchange_compare_pair(struct execute_state *state)
{
    struct emulate_registers *registers = state->registers;
    const uint64_t *general = registers->general;
    unsigned bytes = state->instruction->operands[0].bytes, half = bytes / 2, shift = 8 * half;
    uint64_t mask = execute_operand_mask(half), old[2];
    if (bytes == 16 && state->address & 15)
        return execute_operand_raise(state, X86_VECTOR_GP, true);
    if (!execute_operand_load_wide(state, bytes, old))
        return false;
    uint64_t low = old[0] & mask, high = half == 8 ? old[1] : old[0] >> shift;
    bool equal = low == (general[REGISTER_RAX] & mask) && high == (general[REGISTER_RDX] & mask);
    uint64_t stored[2] = {old[0], old[1]};
    if (equal && half == 8) {
        stored[0] = general[REGISTER_RBX];
        stored[1] = general[REGISTER_RCX];
    } else if (equal) {
        stored[0] = (general[REGISTER_RBX] & mask) | general[REGISTER_RCX] << shift;
    }
    if (!execute_operand_store_wide(state, bytes, stored))
        return false;
    registers->rflags = equal ? registers->rflags | X86_FLAGS_ZF : registers->rflags & ~X86_FLAGS_ZF;
    if (!equal) {
        execute_operand_set_register(registers, REGISTER_RAX, half, low);
        execute_operand_set_register(registers, REGISTER_RDX, half, high);
    }
    return true;
}

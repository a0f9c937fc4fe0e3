/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * String instructions and port I/O. With REP the caller's limit bounds the work of one call; every
 * iteration leaves the registers as the architecture has them between iterations, so that a fault
 * or the limit may come after any of them.
 */
#include <coopvirt/x86.h>

#include "emulate/execute_alu.h"
#include "emulate/execute_handlers.h"

static uint64_t execute_string_register(const struct execute_state *state, unsigned number)
{
    return state->registers->general[number] & execute_operand_mask(state->instruction->address_bytes);
}

static void execute_string_advance(struct execute_state *state, unsigned number)
{
    uint64_t step = state->instruction->operand_bytes;
    if (state->instruction->operation == OPERATION_INS || state->instruction->operation == OPERATION_OUTS)
        step = step > 4 ? 4 : step;
    if (state->registers->rflags & X86_FLAGS_DF)
        step = 0 - step;
    unsigned bytes = state->instruction->address_bytes;
    execute_operand_set_register(state->registers, number, bytes, state->registers->general[number] + step);
}

static bool execute_string_load(struct execute_state *state, uint64_t *value)
{
    const struct instruction *instruction = state->instruction;
    unsigned bytes = instruction->operand_bytes;
    if (instruction->operation == OPERATION_OUTS && bytes > 4)
        bytes = 4;
    return execute_operand_load(state, instruction->segment, execute_string_register(state, REGISTER_RSI), bytes,
                                EMULATE_INTENT_READ, value);
}

static bool execute_string_store(struct execute_state *state, unsigned bytes, uint64_t value)
{
    return execute_operand_store(state, SEGMENT_ES, execute_string_register(state, REGISTER_RDI), bytes, value);
}

static bool execute_string_port_in(struct execute_state *state, uint16_t port, unsigned bytes, uint64_t *value)
{
    uint32_t in = 0;
    if (!execute_operand_accept(state, state->world->port_in(state->world->context, port, bytes, &in, state->fault)))
        return false;
    *value = in & execute_operand_mask(bytes);
    return true;
}

static bool execute_string_port_out(struct execute_state *state, uint16_t port, unsigned bytes, uint64_t value)
{
    return execute_operand_accept(
        state, state->world->port_out(state->world->context, port, bytes, (uint32_t)value, state->fault));
}

static bool execute_string_compare(struct execute_state *state)
{
    bool scans = state->instruction->operation == OPERATION_SCAS;
    unsigned bytes = state->instruction->operand_bytes;
    uint64_t a = state->registers->general[REGISTER_RAX], b;
    if (!scans && !execute_string_load(state, &a))
        return false;
    if (!execute_operand_load(state, SEGMENT_ES, execute_string_register(state, REGISTER_RDI), bytes,
                              EMULATE_INTENT_READ, &b))
        return false;
    execute_alu_binary(OPERATION_CMP, a, b, bytes, &state->registers->rflags);
    if (!scans)
        execute_string_advance(state, REGISTER_RSI);
    execute_string_advance(state, REGISTER_RDI);
    return true;
}

/* The target is touched before the port is: a value that was read must not be lost to a fault. */
static bool execute_string_input(struct execute_state *state)
{
    unsigned bytes = state->instruction->operands[0].bytes;
    uint64_t value;
    if (!execute_operand_load(state, SEGMENT_ES, execute_string_register(state, REGISTER_RDI), bytes,
                              EMULATE_INTENT_MODIFY, &value) ||
        !execute_string_port_in(state, (uint16_t)state->registers->general[REGISTER_RDX], bytes, &value) ||
        !execute_string_store(state, bytes, value))
        return false;
    execute_string_advance(state, REGISTER_RDI);
    return true;
}

static bool execute_string_output(struct execute_state *state)
{
    uint64_t value;
    if (!execute_string_load(state, &value) ||
        !execute_string_port_out(state, (uint16_t)state->registers->general[REGISTER_RDX],
                                 state->instruction->operands[1].bytes, value))
        return false;
    execute_string_advance(state, REGISTER_RSI);
    return true;
}

static bool execute_string_move(struct execute_state *state)
{
    uint64_t value;
    if (!execute_string_load(state, &value) || !execute_string_store(state, state->instruction->operand_bytes, value))
        return false;
    execute_string_advance(state, REGISTER_RSI);
    execute_string_advance(state, REGISTER_RDI);
    return true;
}

/* One iteration. */
static bool execute_string_step(struct execute_state *state)
{
    unsigned bytes = state->instruction->operand_bytes;
    uint64_t value;
    switch (state->instruction->operation) {
    case OPERATION_MOVS:
        return execute_string_move(state);
    case OPERATION_STOS:
        if (!execute_string_store(state, bytes, state->registers->general[REGISTER_RAX]))
            return false;
        execute_string_advance(state, REGISTER_RDI);
        return true;
    case OPERATION_LODS:
        if (!execute_string_load(state, &value))
            return false;
        execute_operand_set_register(state->registers, REGISTER_RAX, bytes, value);
        execute_string_advance(state, REGISTER_RSI);
        return true;
    case OPERATION_INS:
        return execute_string_input(state);
    case OPERATION_OUTS:
        return execute_string_output(state);
    default: /* CMPS, SCAS */
        return execute_string_compare(state);
    }
}

/* REPE and REPNE of CMPS and SCAS end on the comparison; of the others either prefix is REP. */
static bool execute_string_ends(const struct execute_state *state)
{
    enum instruction_operation operation = state->instruction->operation;
    if (operation != OPERATION_CMPS && operation != OPERATION_SCAS)
        return false;
    bool equal = state->registers->rflags & X86_FLAGS_ZF;
    return state->instruction->rep ? !equal : equal;
}

bool execute_string_run(struct execute_state *state)
{
    if (!state->instruction->rep && !state->instruction->repne)
        return execute_string_step(state);
    unsigned bytes = state->instruction->address_bytes;
    unsigned left = state->world->repeat_limit ? state->world->repeat_limit : 1;
    while (execute_string_register(state, REGISTER_RCX)) {
        if (left-- == 0) {
            state->status = EMULATE_CONTINUE;
            return false;
        }
        if (!execute_string_step(state))
            return false;
        execute_operand_set_register(state->registers, REGISTER_RCX, bytes,
                                     state->registers->general[REGISTER_RCX] - 1);
        if (execute_string_ends(state))
            return true;
    }
    return true;
}

bool execute_string_in(struct execute_state *state)
{
    uint64_t port, value;
    if (!execute_operand_read(state, 1, &port) ||
        !execute_string_port_in(state, (uint16_t)port, state->instruction->operands[0].bytes, &value))
        return false;
    return execute_operand_write(state, 0, value);
}

bool execute_string_out(struct execute_state *state)
{
    uint64_t port, value;
    if (!execute_operand_read(state, 0, &port) || !execute_operand_read(state, 1, &value))
        return false;
    return execute_string_port_out(state, (uint16_t)port, state->instruction->operands[1].bytes, value);
}

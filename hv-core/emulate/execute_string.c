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

/* How many of the next iterations of INS or OUTS, at most `limit`, lie in one page and before the end of the address
 * size, where the offset wraps. 0 when the next one does not, or when they go downwards. */
static uint64_t execute_string_plan(const struct execute_state *state, uint64_t limit, struct emulate_port_run *run)
{
    const struct instruction *instruction = state->instruction;
    run->is_input = instruction->operation == OPERATION_INS;
    run->port = (uint16_t)state->registers->general[REGISTER_RDX];
    run->bytes = instruction->operands[run->is_input ? 0 : 1].bytes;
    if (state->registers->rflags & X86_FLAGS_DF || !run->bytes || run->bytes > 4)
        return 0;
    uint64_t offset = execute_string_register(state, run->is_input ? REGISTER_RDI : REGISTER_RSI);
    run->linear = emulate_linear_address(state->registers, run->is_input ? SEGMENT_ES : instruction->segment, offset);
    uint64_t page = X86_PAGE_BYTES - run->linear % X86_PAGE_BYTES;
    uint64_t to_wrap = execute_operand_mask(instruction->address_bytes) - offset; /* and one more */
    uint64_t room = page - 1 <= to_wrap ? page : to_wrap + 1;
    uint64_t left = execute_string_register(state, REGISTER_RCX);
    run->count = room / run->bytes;
    if (run->count > left)
        run->count = left;
    if (run->count > limit)
        run->count = limit;
    return run->count;
}

/* Several iterations of INS or OUTS at once. 0: the next one is to be done by itself. */
static uint64_t execute_string_port_run(struct execute_state *state, uint64_t limit)
{
    struct emulate_port_run run;
    bool is_port = state->instruction->operation == OPERATION_INS || state->instruction->operation == OPERATION_OUTS;
    if (!is_port || !state->world->port_run || !execute_string_plan(state, limit, &run))
        return 0;
    uint64_t done = state->world->port_run(state->world->context, &run);
    unsigned number = run.is_input ? REGISTER_RDI : REGISTER_RSI;
    unsigned bytes = state->instruction->address_bytes;
    execute_operand_set_register(state->registers, number, bytes, state->registers->general[number] + done * run.bytes);
    execute_operand_set_register(state->registers, REGISTER_RCX, bytes, state->registers->general[REGISTER_RCX] - done);
    return done;
}

bool execute_string_run(struct execute_state *state)
{
    if (!state->instruction->rep && !state->instruction->repne)
        return execute_string_step(state);
    unsigned bytes = state->instruction->address_bytes;
    uint64_t left = state->world->repeat_limit ? state->world->repeat_limit : 1;
    while (execute_string_register(state, REGISTER_RCX)) {
        if (!left) {
            state->status = EMULATE_CONTINUE;
            return false;
        }
        uint64_t done = execute_string_port_run(state, left);
        left -= done;
        if (done)
            continue;
        if (!execute_string_step(state))
            return false;
        left--;
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

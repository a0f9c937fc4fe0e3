/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses, registers and memory of the instruction that is being executed.
 */
#include "emulate/execute_operand.h"

#include <coopvirt/string.h>

uint64_t emulate_effective_address(const struct emulate_registers *registers, const struct instruction *instruction)
{
    uint64_t offset = (uint64_t)instruction->displacement;
    if (instruction->base == REGISTER_RIP)
        offset += registers->rip + instruction->length;
    else if (instruction->base != REGISTER_NONE)
        offset += registers->general[instruction->base];
    if (instruction->index != REGISTER_NONE)
        offset += registers->general[instruction->index] * instruction->scale;
    return offset & execute_operand_mask(instruction->address_bytes);
}

uint64_t emulate_linear_address(const struct emulate_registers *registers, enum instruction_segment segment,
                                uint64_t offset)
{
    if (registers->mode == DECODE_MODE_64)
        return segment >= SEGMENT_FS ? registers->segment_base[segment] + offset : offset;
    return (uint32_t)(registers->segment_base[segment] + offset);
}

uint64_t emulate_operand_address(const struct emulate_registers *registers, const struct instruction *instruction)
{
    return emulate_linear_address(registers, instruction->segment, emulate_effective_address(registers, instruction));
}

uint64_t emulate_next_rip(const struct emulate_registers *registers, unsigned length)
{
    static const unsigned bytes[] = {[DECODE_MODE_16] = 2, [DECODE_MODE_32] = 4, [DECODE_MODE_64] = 8};
    return (registers->rip + length) & execute_operand_mask(bytes[registers->mode]);
}

void execute_operand_set_register(struct emulate_registers *registers, unsigned number, unsigned bytes, uint64_t value)
{
    uint64_t mask = execute_operand_mask(bytes);
    uint64_t kept = bytes >= 4 ? 0 : registers->general[number] & ~mask;
    registers->general[number] = kept | (value & mask);
}

bool execute_operand_raise(struct execute_state *state, uint8_t vector, bool has_error_code)
{
    *state->fault = (struct emulate_fault){.vector = vector, .has_error_code = has_error_code};
    state->status = EMULATE_FAULT;
    return false;
}

bool execute_operand_accept(struct execute_state *state, enum emulate_access_status status)
{
    switch (status) {
    case EMULATE_ACCESS_DONE:
        return true;
    case EMULATE_ACCESS_FAULT:
        state->status = EMULATE_FAULT;
        return false;
    case EMULATE_ACCESS_MISMATCH: /* another CPU was faster: the instruction is begun again */
        state->status = EMULATE_CONTINUE;
        return false;
    case EMULATE_ACCESS_REFUSED:
        break;
    }
    state->status = EMULATE_UNSUPPORTED;
    return false;
}

/* XCHG with memory is locked without being told. */
static bool execute_operand_is_locked(const struct instruction *instruction)
{
    return instruction->lock || instruction->operation == OPERATION_XCHG;
}

bool execute_operand_load_wide(struct execute_state *state, unsigned bytes, uint64_t value[2])
{
    enum emulate_intent intent = state->instruction->is_write ? EMULATE_INTENT_MODIFY : EMULATE_INTENT_READ;
    value[0] = value[1] = 0;
    if (!execute_operand_accept(
            state, state->world->read(state->world->context, state->address, value, bytes, intent, state->fault)))
        return false;
    memcpy(state->loaded, value, sizeof(state->loaded));
    return true;
}

bool execute_operand_store_wide(struct execute_state *state, unsigned bytes, const uint64_t value[2])
{
    const struct emulate_world *world = state->world;
    enum emulate_access_status status;
    if (execute_operand_is_locked(state->instruction))
        status = world->compare_exchange(world->context, state->address, state->loaded, value, bytes, state->fault);
    else
        status = world->write(world->context, state->address, value, bytes, state->fault);
    return execute_operand_accept(state, status);
}

bool execute_operand_read(struct execute_state *state, unsigned position, uint64_t *value)
{
    const struct instruction_operand *operand = &state->instruction->operands[position];
    uint64_t wide[2];
    switch (operand->kind) {
    case OPERAND_REGISTER:
        *value = state->registers->general[operand->number] & execute_operand_mask(operand->bytes);
        return true;
    case OPERAND_REGISTER_HIGH:
        *value = state->registers->general[operand->number] >> 8 & 0xff;
        return true;
    case OPERAND_IMMEDIATE:
        *value = state->instruction->immediate;
        return true;
    case OPERAND_MEMORY:
        if (!execute_operand_load_wide(state, operand->bytes, wide))
            return false;
        *value = wide[0];
        return true;
    default:
        state->status = EMULATE_UNSUPPORTED;
        return false;
    }
}

bool execute_operand_write(struct execute_state *state, unsigned position, uint64_t value)
{
    const struct instruction_operand *operand = &state->instruction->operands[position];
    uint64_t *general = state->registers->general;
    uint64_t wide[2] = {value & execute_operand_mask(operand->bytes), 0};
    switch (operand->kind) {
    case OPERAND_REGISTER:
        execute_operand_set_register(state->registers, operand->number, operand->bytes, value);
        return true;
    case OPERAND_REGISTER_HIGH:
        general[operand->number] = (general[operand->number] & ~(uint64_t)0xff00) | (value & 0xff) << 8;
        return true;
    case OPERAND_MEMORY:
        return execute_operand_store_wide(state, operand->bytes, wide);
    default:
        state->status = EMULATE_UNSUPPORTED;
        return false;
    }
}

bool execute_operand_load(struct execute_state *state, enum instruction_segment segment, uint64_t offset,
                          unsigned bytes, enum emulate_intent intent, uint64_t *value)
{
    uint64_t linear = emulate_linear_address(state->registers, segment, offset);
    *value = 0;
    return execute_operand_accept(
        state, state->world->read(state->world->context, linear, value, bytes, intent, state->fault));
}

bool execute_operand_store(struct execute_state *state, enum instruction_segment segment, uint64_t offset,
                           unsigned bytes, uint64_t value)
{
    uint64_t linear = emulate_linear_address(state->registers, segment, offset);
    return execute_operand_accept(state,
                                  state->world->write(state->world->context, linear, &value, bytes, state->fault));
}

unsigned execute_operand_stack_bytes(const struct emulate_registers *registers)
{
    return registers->mode == DECODE_MODE_64 ? 8 : registers->stack_bytes == 2 ? 2 : 4;
}

bool execute_operand_push(struct execute_state *state, unsigned bytes, uint64_t value)
{
    struct emulate_registers *registers = state->registers;
    unsigned width = execute_operand_stack_bytes(registers);
    uint64_t top = (registers->general[REGISTER_RSP] - bytes) & execute_operand_mask(width);
    if (!execute_operand_store(state, SEGMENT_SS, top, bytes, value))
        return false;
    execute_operand_set_register(registers, REGISTER_RSP, width, top);
    return true;
}

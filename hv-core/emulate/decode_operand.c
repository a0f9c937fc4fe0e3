/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Turns a row's operand codes into operands: sizes by prefix and mode, registers with REX,
 * immediates as they follow in the instruction.
 */
#include "emulate/decode_state.h"

static unsigned decode_operand_bytes(const struct decode_state *state, enum decode_size size, bool memory)
{
    const struct instruction *out = state->out;
    bool wide = out->rex & 8;
    bool code64 = state->mode == DECODE_MODE_64;
    switch (size) {
    case SIZE_B:
        return 1;
    case SIZE_W:
        return 2;
    case SIZE_D:
        return 4;
    case SIZE_Q:
        return 8;
    case SIZE_V:
        return out->operand_bytes;
    case SIZE_Z:
        return out->operand_bytes < 4 ? out->operand_bytes : 4;
    case SIZE_Y:
        return wide ? 8 : 4;
    case SIZE_N:
        return code64 ? 8 : 4;
    case SIZE_X:
        return wide ? 16 : 8;
    case SIZE_R:
        return memory ? 2 : out->operand_bytes;
    case SIZE_P:
        return 2 + out->operand_bytes;
    case SIZE_S:
        return code64 ? 10 : 6;
    case SIZE_0:
        break;
    }
    return 0;
}

static void decode_operand_register(const struct decode_state *state, struct instruction_operand *operand,
                                    unsigned number)
{
    operand->kind = OPERAND_REGISTER;
    operand->number = number;
    if (operand->bytes == 1 && !state->out->rex && number >= 4) {
        operand->kind = OPERAND_REGISTER_HIGH;
        operand->number = number - 4;
    }
}

static void decode_operand_rm(struct decode_state *state, struct instruction_operand *operand)
{
    if (state->out->has_memory_operand)
        operand->kind = OPERAND_MEMORY;
    else
        decode_operand_register(state, operand, state->out->rm);
}

static bool decode_operand_control(struct decode_state *state, struct instruction_operand *operand)
{
    operand->kind = OPERAND_CONTROL;
    operand->number = state->out->reg;
    /* AMD's way to CR8 without REX is LOCK with CR0: AMD APM vol. 3, "MOV CRn". */
    if (state->out->lock && operand->number == 0)
        operand->number = 8;
    else if (state->out->lock)
        return false;
    return operand->number == 0 || (operand->number >= 2 && operand->number <= 4) || operand->number == 8;
}

static bool decode_operand_segment(struct decode_state *state, struct instruction_operand *operand, bool is_target)
{
    operand->kind = OPERAND_SEGMENT;
    operand->number = state->out->modrm >> 3 & 7; /* REX.R is ignored */
    return operand->number < SEGMENT_COUNT && !(is_target && operand->number == SEGMENT_CS);
}

static void decode_operand_immediate(struct decode_state *state, struct instruction_operand *operand,
                                     enum decode_place place)
{
    struct instruction *out = state->out;
    unsigned bytes = operand->bytes;
    if (place == PLACE_IMMEDIATE_SIGNED || place == PLACE_ONE)
        bytes = 1;
    uint64_t value = place == PLACE_ONE ? 1 : decode_take(state, bytes);
    operand->kind = OPERAND_IMMEDIATE;
    /* IW and IB are unsigned (INT, port numbers); where it matters a byte has its own place. */
    if (place == PLACE_IMMEDIATE_SIGNED || bytes >= 4)
        value = (uint64_t)decode_sign_extend(value, bytes);
    out->immediate = value;
}

static void decode_operand_relative(struct decode_state *state, struct instruction_operand *operand)
{
    operand->kind = OPERAND_RELATIVE;
    state->out->immediate = (uint64_t)decode_sign_extend(decode_take(state, operand->bytes), operand->bytes);
}

static void decode_operand_far_pointer(struct decode_state *state, struct instruction_operand *operand)
{
    operand->kind = OPERAND_FAR_POINTER;
    state->out->immediate = decode_take(state, state->out->operand_bytes);
    state->out->immediate_second = decode_take(state, 2);
}

static void decode_operand_offset(struct decode_state *state, struct instruction_operand *operand)
{
    operand->kind = OPERAND_MEMORY;
    state->out->has_memory_operand = true;
    state->out->displacement = (int64_t)decode_take(state, state->out->address_bytes);
}

/* The general register of a place that names one, by the encoding or by itself; REGISTER_NONE: it is another place. */
static unsigned decode_operand_number(const struct instruction *out, enum decode_place place)
{
    switch (place) {
    case PLACE_RM_REGISTER:
        return out->rm;
    case PLACE_REG:
        return out->reg;
    case PLACE_OPCODE:
        return (out->opcode & 7) | (out->rex & 1) << 3;
    case PLACE_ACCUMULATOR:
        return REGISTER_RAX;
    case PLACE_COUNT:
        return REGISTER_RCX;
    case PLACE_PORT:
        return REGISTER_RDX;
    default:
        return REGISTER_NONE;
    }
}

/* Registers that are no general ones, and memory where there must be some. False: there is no such register. */
static bool decode_operand_special(struct decode_state *state, struct instruction_operand *operand,
                                   enum decode_place place, bool is_target)
{
    const struct instruction *out = state->out;
    switch (place) {
    case PLACE_CONTROL:
        return decode_operand_control(state, operand);
    case PLACE_SEGMENT:
        return decode_operand_segment(state, operand, is_target);
    case PLACE_DEBUG:
        operand->kind = OPERAND_DEBUG;
        operand->number = out->reg;
        return out->reg < 8;
    default: /* PLACE_RM_MEMORY */
        operand->kind = OPERAND_MEMORY;
        return out->has_memory_operand;
    }
}

static bool decode_operand(struct decode_state *state, unsigned position)
{
    struct instruction_operand *operand = &state->out->operands[position];
    enum decode_place place = DECODE_OPERAND_PLACE(state->operands[position]);
    enum decode_size size = DECODE_OPERAND_SIZE(state->operands[position]);
    unsigned number = decode_operand_number(state->out, place);
    operand->bytes = decode_operand_bytes(state, size, state->out->has_memory_operand);
    if (number != REGISTER_NONE) {
        decode_operand_register(state, operand, number);
        return true;
    }
    switch (place) {
    case PLACE_RM:
        decode_operand_rm(state, operand);
        return true;
    case PLACE_ONE:
    case PLACE_IMMEDIATE:
    case PLACE_IMMEDIATE_SIGNED:
        decode_operand_immediate(state, operand, place);
        return true;
    case PLACE_OFFSET:
        decode_operand_offset(state, operand);
        return true;
    case PLACE_SOURCE:
    case PLACE_TARGET:
        operand->kind = place == PLACE_SOURCE ? OPERAND_STRING_SOURCE : OPERAND_STRING_TARGET;
        return true;
    case PLACE_RELATIVE:
        decode_operand_relative(state, operand);
        return true;
    case PLACE_FAR_POINTER:
        decode_operand_far_pointer(state, operand);
        return true;
    default:
        return decode_operand_special(state, operand, place, position == 0);
    }
}

static bool decode_operand_in_memory(const struct instruction_operand *operand)
{
    return operand->bytes && (operand->kind == OPERAND_MEMORY || operand->kind == OPERAND_STRING_SOURCE ||
                              operand->kind == OPERAND_STRING_TARGET);
}

bool decode_operands(struct decode_state *state)
{
    struct instruction *out = state->out;
    for (unsigned i = 0; i < INSTRUCTION_OPERANDS && state->operands[i]; i++) {
        if (!decode_operand(state, i))
            return false;
        if (decode_operand_in_memory(&out->operands[i])) {
            out->is_read |= i > 0 || state->flags & DECODE_READS;
            out->is_write |= i == 0 && state->flags & DECODE_WRITES;
        }
    }
    return true;
}

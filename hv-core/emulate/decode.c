/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From bytes to an instruction: prefixes, opcode, the row of the table, then the operands (see
 * decode_state.h for the parts). AMD APM vol. 3, "Instruction Encoding Syntax".
 */
#include "emulate/decode.h"

#include <coopvirt/string.h>

#include "emulate/decode_state.h"

/* Takes one prefix byte into account; false when it is none. */
static bool decode_prefix(struct instruction *out, uint8_t byte, enum decode_mode mode)
{
    switch (byte) {
    case 0x26:
    case 0x2e:
    case 0x36:
    case 0x3e: /* without effect in 64-bit mode, where an FS or GS before it stands */
        if (mode != DECODE_MODE_64)
            out->segment_override = byte >> 3 & 3;
        return true;
    case 0x64:
    case 0x65:
        out->segment_override = byte == 0x64 ? SEGMENT_FS : SEGMENT_GS;
        return true;
    case 0x66:
        out->operand_override = true;
        return true;
    case 0x67:
        out->address_override = true;
        return true;
    case 0xf0:
        out->lock = true;
        return true;
    case 0xf2:
    case 0xf3: /* the last one counts */
        out->rep = byte == 0xf3;
        out->repne = byte == 0xf2;
        return true;
    default:
        return false;
    }
}

/* Reads prefixes and the first opcode byte. A REX before another prefix is ignored. */
static uint8_t decode_prefixes(struct decode_state *state)
{
    struct instruction *out = state->out;
    for (;;) {
        uint8_t byte = (uint8_t)decode_take(state, 1);
        if (state->exhausted)
            return 0;
        if (state->mode == DECODE_MODE_64 && (byte & 0xf0) == 0x40)
            out->rex = byte;
        else if (decode_prefix(out, byte, state->mode))
            out->rex = 0;
        else
            return byte;
    }
}

static const struct decode_entry *decode_opcode(struct decode_state *state, uint8_t byte)
{
    struct instruction *out = state->out;
    out->opcode = byte;
    if (byte != 0x0f)
        return &decode_table_primary[byte];
    out->opcode_map = 1;
    out->opcode = (uint8_t)decode_take(state, 1);
    if (out->opcode != 0x38 && out->opcode != 0x3a)
        return &decode_table_secondary[out->opcode];
    out->opcode_map = out->opcode == 0x38 ? 2 : 3;
    out->opcode = (uint8_t)decode_take(state, 1);
    return out->opcode_map == 2 ? &decode_table_0f38 : &decode_table_0f3a;
}

static void decode_modrm(struct decode_state *state)
{
    struct instruction *out = state->out;
    out->has_modrm = true;
    out->modrm = (uint8_t)decode_take(state, 1);
    out->mod = out->modrm >> 6;
    out->reg = (out->modrm >> 3 & 7) | (out->rex & 4) << 1;
    out->rm = (out->modrm & 7) | (out->rex & 1) << 3;
}

static bool decode_needs_modrm(const struct decode_state *state)
{
    if (state->flags & DECODE_MODRM)
        return true;
    for (unsigned i = 0; i < INSTRUCTION_OPERANDS; i++) {
        enum decode_place place = DECODE_OPERAND_PLACE(state->operands[i]);
        if (place >= PLACE_RM && place <= PLACE_SEGMENT)
            return true;
    }
    return false;
}

/* Follows groups and selections to the row that says what the instruction is. */
static void decode_row(struct decode_state *state, const struct decode_entry *entry)
{
    struct instruction *out = state->out;
    state->flags = entry->flags;
    state->operands = entry->operands;
    if (entry->flags & DECODE_GROUP) {
        decode_modrm(state);
        unsigned group = entry->operation + (entry->flags & DECODE_SPLIT && out->mod == 3);
        entry = &decode_table_group[group][out->modrm >> 3 & 7];
        state->flags = (state->flags & ~DECODE_GROUP) | entry->flags;
        if (entry->operands[0])
            state->operands = entry->operands;
    }
    if (entry->flags & DECODE_SELECT) {
        const struct decode_entry *selected = decode_table_select(entry, out, state->mode);
        if (selected != entry) {
            state->flags = selected->flags;
            state->operands = selected->operands;
            entry = selected;
        }
    }
    out->operation = entry->operation;
    if (!out->has_modrm && decode_needs_modrm(state))
        decode_modrm(state);
}

static void decode_set_sizes(struct decode_state *state)
{
    struct instruction *out = state->out;
    bool code64 = state->mode == DECODE_MODE_64;
    bool code16 = state->mode == DECODE_MODE_16;
    out->operand_bytes = code16 == out->operand_override ? 4 : 2;
    if (code64 && out->operand_bytes == 4 && state->flags & DECODE_DEFAULT_64)
        out->operand_bytes = 8;
    if (code64 && (state->flags & DECODE_FORCE_64 || out->rex & 8))
        out->operand_bytes = 8;
    if (state->flags & DECODE_BYTE)
        out->operand_bytes = 1;
    if (code64)
        out->address_bytes = out->address_override ? 4 : 8;
    else
        out->address_bytes = code16 == out->address_override ? 4 : 2;
}

/* With 66 in 64-bit mode AMD's near branches have 16-bit displacements and Intel's have not. */
static bool decode_length_is_vendors(const struct decode_state *state)
{
    return state->mode == DECODE_MODE_64 && state->out->operand_override && !(state->out->rex & 8) &&
           state->flags & DECODE_FORCE_64 && state->operands[0] == DECODE_OPERAND(PLACE_RELATIVE, SIZE_Z);
}

static bool decode_is_legal(const struct decode_state *state)
{
    const struct instruction *out = state->out;
    bool code64 = state->mode == DECODE_MODE_64;
    if (state->flags & (code64 ? DECODE_NO_SUCH | DECODE_NOT_64 : DECODE_NO_SUCH | DECODE_ONLY_64))
        return false;
    if (!out->lock || out->operation == OPERATION_MOV_FROM_CR || out->operation == OPERATION_MOV_TO_CR ||
        out->operation == OPERATION_NONE)
        return true;
    return state->flags & DECODE_LOCKABLE && out->operands[0].kind == OPERAND_MEMORY;
}

static enum decode_status decode_end(struct decode_state *state, size_t available, enum decode_status status)
{
    if (state->exhausted)
        status = available < INSTRUCTION_BYTES_MAX ? DECODE_TRUNCATED : DECODE_INVALID;
    state->out->length = status == DECODE_OK || status == DECODE_UNSUPPORTED ? state->position : 0;
    return status;
}

static enum decode_status decode_vector_end(struct decode_state *state, size_t available, uint8_t opcode)
{
    decode_set_sizes(state);
    enum decode_status status = DECODE_UNSUPPORTED;
    bool known = decode_vector(state, opcode);
    if (known || state->exhausted)
        return decode_end(state, available, status);
    state->out->length = 0;
    return status;
}

static bool decode_has_memory(const struct decode_state *state)
{
    return state->out->has_modrm && state->out->mod != 3 &&
           DECODE_OPERAND_PLACE(state->operands[0]) != PLACE_RM_REGISTER &&
           DECODE_OPERAND_PLACE(state->operands[1]) != PLACE_RM_REGISTER;
}

enum decode_status decode_instruction(const uint8_t *bytes, size_t available, enum decode_mode mode,
                                      struct instruction *out)
{
    struct decode_state state = {.bytes = bytes, .mode = mode, .out = out};
    state.limit = available < INSTRUCTION_BYTES_MAX ? available : INSTRUCTION_BYTES_MAX;
    memset(out, 0, sizeof(*out));
    out->segment_override = SEGMENT_NONE;
    out->base = out->index = REGISTER_NONE;
    out->scale = 1;

    uint8_t first = decode_prefixes(&state);
    if (state.exhausted)
        return decode_end(&state, available, DECODE_INVALID);
    out->segment = out->segment_override == SEGMENT_NONE ? SEGMENT_DS : out->segment_override;
    if (decode_vector_begins(&state, first))
        return decode_vector_end(&state, available, first);
    decode_row(&state, decode_opcode(&state, first));
    if (state.flags & DECODE_NO_SUCH)
        return decode_end(&state, available, DECODE_INVALID);
    decode_set_sizes(&state);
    if (decode_length_is_vendors(&state)) {
        out->operation = OPERATION_NONE;
        return DECODE_UNSUPPORTED;
    }
    if (decode_has_memory(&state))
        decode_address(&state);
    bool exists = decode_operands(&state);
    if (state.flags & DECODE_EXTRA_BYTE)
        decode_take(&state, 1);
    if (!exists || !decode_is_legal(&state))
        return decode_end(&state, available, DECODE_INVALID);
    out->condition = out->opcode & 15;
    if (state.flags & DECODE_PREFIXED && (out->operand_override || out->rep || out->repne))
        out->operation = OPERATION_NONE;
    return decode_end(&state, available, out->operation == OPERATION_NONE ? DECODE_UNSUPPORTED : DECODE_OK);
}

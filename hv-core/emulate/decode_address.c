/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory operand that a ModRM byte describes: base, index, scale, displacement and segment.
 * AMD APM vol. 3, "ModRM and SIB Bytes".
 */
#include "emulate/decode_state.h"

static void decode_address_16(struct decode_state *state)
{
    static const uint8_t base[8] = {REGISTER_RBX, REGISTER_RBX, REGISTER_RBP, REGISTER_RBP,
                                    REGISTER_RSI, REGISTER_RDI, REGISTER_RBP, REGISTER_RBX};
    static const uint8_t index[8] = {REGISTER_RSI,  REGISTER_RDI,  REGISTER_RSI,  REGISTER_RDI,
                                     REGISTER_NONE, REGISTER_NONE, REGISTER_NONE, REGISTER_NONE};
    struct instruction *out = state->out;
    unsigned rm = out->modrm & 7;
    out->base = base[rm];
    out->index = index[rm];
    unsigned bytes = out->mod; /* 0, 1, 2 */
    if (out->mod == 0 && rm == 6) {
        out->base = REGISTER_NONE;
        bytes = 2;
    }
    if (bytes)
        out->displacement = decode_sign_extend(decode_take(state, bytes), bytes);
}

static void decode_address_sib(struct decode_state *state)
{
    struct instruction *out = state->out;
    out->sib = (uint8_t)decode_take(state, 1);
    unsigned index = (out->sib >> 3 & 7) | (out->rex & 2) << 2;
    out->base = (out->sib & 7) | (out->rex & 1) << 3;
    out->index = index == REGISTER_RSP ? REGISTER_NONE : index;
    out->scale = 1 << (out->sib >> 6);
}

static void decode_address_32(struct decode_state *state)
{
    struct instruction *out = state->out;
    unsigned low = out->modrm & 7;
    out->base = out->rm;
    if (low == REGISTER_RSP) {
        decode_address_sib(state);
        low = out->sib & 7;
    }
    unsigned bytes = out->mod == 1 ? 1 : out->mod == 2 ? 4 : 0;
    if (out->mod == 0 && low == REGISTER_RBP) {
        bool relative = state->mode == DECODE_MODE_64 && (out->modrm & 7) == REGISTER_RBP;
        out->base = relative ? REGISTER_RIP : REGISTER_NONE;
        bytes = 4;
    }
    if (bytes)
        out->displacement = decode_sign_extend(decode_take(state, bytes), bytes);
}

void decode_address(struct decode_state *state)
{
    struct instruction *out = state->out;
    if (out->address_bytes == 2)
        decode_address_16(state);
    else
        decode_address_32(state);
    out->has_memory_operand = true;
    if (out->segment_override == SEGMENT_NONE && (out->base == REGISTER_RSP || out->base == REGISTER_RBP))
        out->segment = SEGMENT_SS;
}

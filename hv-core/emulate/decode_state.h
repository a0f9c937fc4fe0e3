/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the decoder share while they work on one instruction: decode.c reads the
 * bytes up to the opcode, decode_address.c the memory operand, decode_operand.c immediates and
 * operands, decode_vector.c the lengths of VEX, EVEX and XOP encodings.
 */
#ifndef COOPVIRT_EMULATE_DECODE_STATE_H
#define COOPVIRT_EMULATE_DECODE_STATE_H

#include "emulate/decode_table.h"

struct decode_state {
    const uint8_t *bytes;
    size_t limit; /* bytes that may be read: at most 15 */
    size_t position;
    bool exhausted; /* a read went past the limit; it gave 0 */
    enum decode_mode mode;
    uint16_t flags; /* of the row, with its group's */
    const uint16_t *operands;
    struct instruction *out;
};

/* The next bytes, little-endian (1, 2, 4 or 8). */
static inline uint64_t decode_take(struct decode_state *state, unsigned bytes)
{
    if (state->limit - state->position < bytes) {
        state->exhausted = true;
        state->position = state->limit;
        return 0;
    }
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)state->bytes[state->position + i] << (8 * i);
    state->position += bytes;
    return value;
}

static inline int64_t decode_sign_extend(uint64_t value, unsigned bytes)
{
    unsigned shift = 64 - 8 * bytes;
    return (int64_t)(value << shift) >> shift;
}

/* Reads what follows a ModRM byte whose mod is not 3: SIB, displacement. */
void decode_address(struct decode_state *state);

/* Reads the immediates and fills in the operands. False: no such instruction. */
bool decode_operands(struct decode_state *state);

/* Whether the byte at hand (C4, C5, 62, 8F) begins a vector encoding. */
bool decode_vector_begins(const struct decode_state *state, uint8_t opcode);

/* Reads the whole of a vector instruction. False: its length is not known. */
bool decode_vector(struct decode_state *state, uint8_t opcode);

#endif

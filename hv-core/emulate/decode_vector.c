/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lengths of VEX, EVEX and XOP instructions: AMD APM vol. 3, "VEX and XOP Prefixes"; SDM vol. 2,
 * "Intel AVX-512 Encoding". They have no operations here, but code that is walked over has them.
 */
#include "emulate/decode_state.h"

#define VECTOR_NO_MAP 0xff

bool decode_vector_begins(const struct decode_state *state, uint8_t opcode)
{
    if (opcode != 0xc4 && opcode != 0xc5 && opcode != 0x62 && opcode != 0x8f)
        return false;
    if (state->position >= state->limit)
        return false;
    uint8_t next = state->bytes[state->position];
    if (opcode == 0x8f)
        return (next & 0x1f) >= 8;
    return state->mode == DECODE_MODE_64 || next >= 0xc0;
}

static bool decode_vector_has_immediate(unsigned map, uint8_t opcode)
{
    if (map == 3 || map == 8)
        return true;
    return map == 1 && ((opcode >= 0x70 && opcode <= 0x73) || opcode == 0xc2 || (opcode >= 0xc4 && opcode <= 0xc6));
}

/* Reads the rest of the prefix; the map, or VECTOR_NO_MAP. */
static unsigned decode_vector_map(struct decode_state *state, uint8_t opcode)
{
    unsigned first = (unsigned)decode_take(state, 1);
    if (opcode == 0xc5) {
        state->out->rex = first & 0x80 ? 0 : 4;
        return 1;
    }
    decode_take(state, opcode == 0x62 ? 2 : 1);
    if (opcode == 0x62) {
        unsigned map = first & 7;
        return first & 8 || map == 0 || map == 4 || map == 7 ? VECTOR_NO_MAP : map;
    }
    unsigned map = first & 0x1f;
    if (opcode == 0x8f)
        return map <= 10 ? map : VECTOR_NO_MAP;
    return map >= 1 && map <= 3 ? map : VECTOR_NO_MAP;
}

bool decode_vector(struct decode_state *state, uint8_t opcode)
{
    struct instruction *out = state->out;
    unsigned map = decode_vector_map(state, opcode);
    if (map == VECTOR_NO_MAP)
        return false;
    uint8_t operation = (uint8_t)decode_take(state, 1);
    if (map == 1 && operation == 0x77 && opcode != 0x62) /* VZEROUPPER, VZEROALL */
        return true;
    out->modrm = (uint8_t)decode_take(state, 1);
    out->mod = out->modrm >> 6;
    if (out->mod != 3)
        decode_address(state);
    if (map == 10)
        decode_take(state, 4);
    else if (decode_vector_has_immediate(map, operation))
        decode_take(state, 1);
    return true;
}

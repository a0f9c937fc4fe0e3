/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ModRM and SIB of INVLPG, which TCG shows to no memory callback: it accesses nothing.
 */
#include "memory_operand.h"

#include <string.h>

#define REX_B 1u
#define REX_X 2u

#define NO_BASE  5u /* with mod 0: a displacement alone, in ModRM relative to the next instruction */
#define HAS_SIB  4u
#define NO_INDEX 4u

struct memory_operand_reader {
    uint64_t (*read)(void *context, unsigned number);
    void *context;
    unsigned rex;
};

static uint64_t memory_operand_sib(const struct memory_operand_reader *reader, uint8_t sib, bool has_base)
{
    unsigned index = (sib >> 3 & 7u) | (reader->rex & REX_X) << 2, base = (sib & 7u) | (reader->rex & REX_B) << 3;
    uint64_t sum = index == NO_INDEX ? 0 : reader->read(reader->context, index) << (sib >> 6);

    return has_base ? sum + reader->read(reader->context, base) : sum;
}

static int64_t memory_operand_displacement(const uint8_t *bytes, const uint8_t *end, unsigned count)
{
    int32_t word = 0;

    if (count == 1)
        return bytes < end ? (int8_t)*bytes : 0;
    if (count == 4 && end - bytes >= 4)
        memcpy(&word, bytes, sizeof(word));
    return word;
}

uint64_t memory_operand(const uint8_t *bytes, size_t size, uint64_t address, bool is_long,
                        uint64_t (*read)(void *context, unsigned number), void *context)
{
    const uint8_t *at = bytes, *end = bytes + size;
    struct memory_operand_reader reader = {read, context, 0};
    uint64_t sum = 0;

    for (; at < end && *at != 0x0f; at++) /* prefixes; REX is the last of them */
        reader.rex = is_long && (*at & 0xf0) == 0x40 ? *at & 15u : 0;
    at += 2;
    if (at >= end)
        return 0;
    unsigned mod = *at >> 6, low = *at & 7u, displaced = mod == 1 ? 1 : mod == 2 ? 4 : 0;
    at++;
    if (low == HAS_SIB && at < end) {
        bool has_base = (*at & 7u) != NO_BASE || mod != 0;

        sum = memory_operand_sib(&reader, *at++, has_base);
        displaced = has_base ? displaced : 4;
    } else if (low == NO_BASE && mod == 0) {
        sum = is_long ? address + size : 0;
        displaced = 4;
    } else {
        sum = reader.read(context, low | (reader.rex & REX_B) << 3);
    }
    sum += (uint64_t)memory_operand_displacement(at, end, displaced);
    return is_long ? sum : (uint32_t)sum;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The short way to an instruction's length, for the path from exit to re-entry: the hardware has
 * said which instruction it is, so that only the prefixes before its opcode are in question.
 */
#include "emulate/decode.h"

#include <coopvirt/string.h>

#define PREFIX_BIT(byte) (1u << ((byte)&31))

/* Bits of the legacy prefixes, by byte / 32. */
static const uint32_t decode_length_prefixes[8] = {
    [1] = PREFIX_BIT(0x26) | PREFIX_BIT(0x2e) | PREFIX_BIT(0x36) | PREFIX_BIT(0x3e),
    [3] = PREFIX_BIT(0x64) | PREFIX_BIT(0x65) | PREFIX_BIT(0x66) | PREFIX_BIT(0x67),
    [7] = PREFIX_BIT(0xf0) | PREFIX_BIT(0xf2) | PREFIX_BIT(0xf3),
};

/* The opcode as a little-endian word, the bytes of it that count, and the length without prefixes. */
struct decode_length_row {
    uint32_t opcode;
    uint32_t mask;
    uint8_t length;
};

/* One row a line. */
/* clang-format off */
#define ONE(a) {a, 0xff, 1}
#define ONE_ANY(a) {a, 0xff, 2} /* a byte follows that may be anything */
#define TWO(a) {0x0f | (a) << 8, 0xffff, 2}
#define TWO_ANY(a) {0x0f | (a) << 8, 0xffff, 3}
#define THREE(a) {0x010f | (a) << 16, 0xffffff, 3}

static const struct decode_length_row decode_length_rows[OPERATION_COUNT] = {
    [OPERATION_HLT] = ONE(0xf4),
    [OPERATION_ICEBP] = ONE(0xf1),
    [OPERATION_INT3] = ONE(0xcc),
    [OPERATION_INTO] = ONE(0xce),
    [OPERATION_INT] = ONE_ANY(0xcd),
    [OPERATION_IRET] = ONE(0xcf),
    [OPERATION_PUSHF] = ONE(0x9c),
    [OPERATION_POPF] = ONE(0x9d),
    [OPERATION_PAUSE] = ONE(0x90),
    [OPERATION_CLI] = ONE(0xfa),
    [OPERATION_STI] = ONE(0xfb),
    [OPERATION_CPUID] = TWO(0xa2),
    [OPERATION_RDMSR] = TWO(0x32),
    [OPERATION_WRMSR] = TWO(0x30),
    [OPERATION_RDTSC] = TWO(0x31),
    [OPERATION_RDPMC] = TWO(0x33),
    [OPERATION_CLTS] = TWO(0x06),
    [OPERATION_INVD] = TWO(0x08),
    [OPERATION_WBINVD] = TWO(0x09),
    [OPERATION_WBNOINVD] = TWO(0x09),
    [OPERATION_RSM] = TWO(0xaa),
    [OPERATION_MOV_FROM_CR] = TWO_ANY(0x20),
    [OPERATION_MOV_FROM_DR] = TWO_ANY(0x21),
    [OPERATION_MOV_TO_CR] = TWO_ANY(0x22),
    [OPERATION_MOV_TO_DR] = TWO_ANY(0x23),
    [OPERATION_RDTSCP] = THREE(0xf9),
    [OPERATION_XGETBV] = THREE(0xd0),
    [OPERATION_XSETBV] = THREE(0xd1),
    [OPERATION_MONITOR] = THREE(0xc8),
    [OPERATION_MWAIT] = THREE(0xc9),
    [OPERATION_MONITORX] = THREE(0xfa),
    [OPERATION_MWAITX] = THREE(0xfb),
    [OPERATION_RDPRU] = THREE(0xfd),
    [OPERATION_SWAPGS] = THREE(0xf8),
    [OPERATION_VMCALL] = THREE(0xc1),
    [OPERATION_VMLAUNCH] = THREE(0xc2),
    [OPERATION_VMRESUME] = THREE(0xc3),
    [OPERATION_VMXOFF] = THREE(0xc4),
    [OPERATION_VMFUNC] = THREE(0xd4),
    [OPERATION_VMRUN] = THREE(0xd8),
    [OPERATION_VMMCALL] = THREE(0xd9),
    [OPERATION_VMLOAD] = THREE(0xda),
    [OPERATION_VMSAVE] = THREE(0xdb),
    [OPERATION_STGI] = THREE(0xdc),
    [OPERATION_CLGI] = THREE(0xdd),
    [OPERATION_SKINIT] = THREE(0xde),
    [OPERATION_INVLPGA] = THREE(0xdf),
};
/* clang-format on */

/* Kept out of line, so that the way without prefixes saves no registers. */
static __attribute__((noinline)) unsigned decode_length_after_prefixes(const uint8_t *bytes, size_t available,
                                                                       enum decode_mode mode,
                                                                       const struct decode_length_row *row)
{
    size_t limit = available < INSTRUCTION_BYTES_MAX ? available : INSTRUCTION_BYTES_MAX;
    size_t position = 0;
    while (position < limit && (decode_length_prefixes[bytes[position] >> 5] & PREFIX_BIT(bytes[position]) ||
                                (mode == DECODE_MODE_64 && (bytes[position] & 0xf0) == 0x40)))
        position++;
    if (position + row->length > limit)
        return 0;
    uint32_t word = 0;
    for (unsigned i = 0; i < row->length; i++)
        word |= (uint32_t)bytes[position + i] << 8 * i;
    return (word & row->mask) == row->opcode && row->length ? position + row->length : 0;
}

unsigned decode_length_fixed(const uint8_t *bytes, size_t available, enum decode_mode mode,
                             enum instruction_operation expected)
{
    const struct decode_length_row *row = &decode_length_rows[expected];
    uint32_t word;
    if (available >= sizeof(word)) {
        __builtin_memcpy(&word, bytes, sizeof(word)); /* no call */
        if ((word & row->mask) == row->opcode) /* hardly ever is there a prefix; an empty row's length is 0 */
            return row->length;
    }
    return decode_length_after_prefixes(bytes, available, mode, row);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The short way to an instruction's length, for the path from exit to re-entry: the hardware has
 * said which instruction it is, so that only the prefixes before its opcode are in question.
 */
#include "emulate/decode.h"

#define PREFIX_BIT(byte) (1u << ((byte)&31))

/* Bits of the legacy prefixes, by byte / 32. */
static const uint32_t decode_length_prefixes[8] = {
    [1] = PREFIX_BIT(0x26) | PREFIX_BIT(0x2e) | PREFIX_BIT(0x36) | PREFIX_BIT(0x3e),
    [3] = PREFIX_BIT(0x64) | PREFIX_BIT(0x65) | PREFIX_BIT(0x66) | PREFIX_BIT(0x67),
    [7] = PREFIX_BIT(0xf0) | PREFIX_BIT(0xf2) | PREFIX_BIT(0xf3),
};

/* The opcode as it stands in memory; `any_after` counts bytes that may be anything (ModRM of MOV CR). */
struct decode_length_row {
    uint8_t bytes;
    uint8_t any_after;
    uint8_t opcode[3];
};

/* One row a line. */
/* clang-format off */
#define ONE(a) {1, 0, {a}}
#define TWO(a) {2, 0, {0x0f, a}}
#define MODRM(a) {2, 1, {0x0f, a}}
#define THREE(a) {3, 0, {0x0f, 0x01, a}}

static const struct decode_length_row decode_length_rows[OPERATION_COUNT] = {
    [OPERATION_HLT] = ONE(0xf4),
    [OPERATION_ICEBP] = ONE(0xf1),
    [OPERATION_INT3] = ONE(0xcc),
    [OPERATION_INTO] = ONE(0xce),
    [OPERATION_INT] = {1, 1, {0xcd}},
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
    [OPERATION_MOV_FROM_CR] = MODRM(0x20),
    [OPERATION_MOV_FROM_DR] = MODRM(0x21),
    [OPERATION_MOV_TO_CR] = MODRM(0x22),
    [OPERATION_MOV_TO_DR] = MODRM(0x23),
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

unsigned decode_length_fixed(const uint8_t *bytes, size_t available, enum decode_mode mode,
                             enum instruction_operation expected)
{
    const struct decode_length_row *row = &decode_length_rows[expected];
    size_t limit = available < INSTRUCTION_BYTES_MAX ? available : INSTRUCTION_BYTES_MAX;
    size_t position = 0;
    while (position < limit && (decode_length_prefixes[bytes[position] >> 5] & PREFIX_BIT(bytes[position]) ||
                                (mode == DECODE_MODE_64 && (bytes[position] & 0xf0) == 0x40)))
        position++;
    size_t end = position + row->bytes + row->any_after;
    if (!row->bytes || end > limit || bytes[position] != row->opcode[0])
        return 0;
    if (row->bytes > 1 && bytes[position + 1] != row->opcode[1])
        return 0;
    if (row->bytes > 2 && bytes[position + 2] != row->opcode[2])
        return 0;
    return (unsigned)end;
}

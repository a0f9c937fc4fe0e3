/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table behind the plugins' classes: opcode bytes after the prefixes (AMD64 Architecture
 * Programmer's Manual, volume 3, "Opcode and Operand Encodings"). One row a form.
 */
#include "instruction_class.h"

#include "coopbench.h"

#include <stdbool.h>
#include <string.h>

const char *const instruction_class_names[INSTRUCTION_CLASSES] = {
    [INSTRUCTION_VMRUN] = "vmrun",
    [INSTRUCTION_VMMCALL] = "vmmcall",
    [INSTRUCTION_VMCALL] = "vmcall",
    [INSTRUCTION_VMLOAD] = "vmload",
    [INSTRUCTION_VMSAVE] = "vmsave",
    [INSTRUCTION_STGI] = "stgi",
    [INSTRUCTION_CLGI] = "clgi",
    [INSTRUCTION_INVLPG] = "invlpg",
    [INSTRUCTION_INVLPGA] = "invlpga",
    [INSTRUCTION_CPUID] = "cpuid",
    [INSTRUCTION_RDMSR] = "rdmsr",
    [INSTRUCTION_WRMSR] = "wrmsr",
    [INSTRUCTION_HLT] = "hlt",
    [INSTRUCTION_SYSCALL] = "syscall",
    [INSTRUCTION_SYSRET] = "sysret",
    [INSTRUCTION_IRET] = "iret",
    [INSTRUCTION_WRITE_CR0] = "write_cr0",
    [INSTRUCTION_WRITE_CR3] = "write_cr3",
    [INSTRUCTION_WRITE_CR4] = "write_cr4",
    [INSTRUCTION_IN] = "in",
    [INSTRUCTION_OUT] = "out",
    [INSTRUCTION_MARKER_BEGIN] = "marker_begin",
    [INSTRUCTION_MARKER_END] = "marker_end",
};

struct instruction_class_row {
    uint8_t opcode[3];
    uint8_t mask[3]; /* bits of each byte that must agree */
    enum instruction_class class;
};

static const struct instruction_class_row instruction_class_rows[] = {
    {{0x0f, 0x01, 0xd8}, {0xff, 0xff, 0xff}, INSTRUCTION_VMRUN},
    {{0x0f, 0x01, 0xd9}, {0xff, 0xff, 0xff}, INSTRUCTION_VMMCALL},
    {{0x0f, 0x01, 0xc1}, {0xff, 0xff, 0xff}, INSTRUCTION_VMCALL},
    {{0x0f, 0x01, 0xda}, {0xff, 0xff, 0xff}, INSTRUCTION_VMLOAD},
    {{0x0f, 0x01, 0xdb}, {0xff, 0xff, 0xff}, INSTRUCTION_VMSAVE},
    {{0x0f, 0x01, 0xdc}, {0xff, 0xff, 0xff}, INSTRUCTION_STGI},
    {{0x0f, 0x01, 0xdd}, {0xff, 0xff, 0xff}, INSTRUCTION_CLGI},
    {{0x0f, 0x01, 0xdf}, {0xff, 0xff, 0xff}, INSTRUCTION_INVLPGA},
    {{0x0f, 0x01, 0x38}, {0xff, 0xff, 0xf8}, INSTRUCTION_INVLPG}, /* a memory operand: three forms of ModRM */
    {{0x0f, 0x01, 0x78}, {0xff, 0xff, 0xf8}, INSTRUCTION_INVLPG},
    {{0x0f, 0x01, 0xb8}, {0xff, 0xff, 0xf8}, INSTRUCTION_INVLPG},
    {{0x0f, 0xa2, 0x00}, {0xff, 0xff, 0x00}, INSTRUCTION_CPUID},
    {{0x0f, 0x32, 0x00}, {0xff, 0xff, 0x00}, INSTRUCTION_RDMSR},
    {{0x0f, 0x30, 0x00}, {0xff, 0xff, 0x00}, INSTRUCTION_WRMSR},
    {{0xf4, 0x00, 0x00}, {0xff, 0x00, 0x00}, INSTRUCTION_HLT},
    {{0x0f, 0x05, 0x00}, {0xff, 0xff, 0x00}, INSTRUCTION_SYSCALL},
    {{0x0f, 0x07, 0x00}, {0xff, 0xff, 0x00}, INSTRUCTION_SYSRET},
    {{0xcf, 0x00, 0x00}, {0xff, 0x00, 0x00}, INSTRUCTION_IRET},
    {{0x0f, 0x22, 0x00}, {0xff, 0xff, 0x38}, INSTRUCTION_WRITE_CR0},
    {{0x0f, 0x22, 0x18}, {0xff, 0xff, 0x38}, INSTRUCTION_WRITE_CR3},
    {{0x0f, 0x22, 0x20}, {0xff, 0xff, 0x38}, INSTRUCTION_WRITE_CR4},
    {{0xe4, 0x00, 0x00}, {0xfe, 0x00, 0x00}, INSTRUCTION_IN},
    {{0xec, 0x00, 0x00}, {0xfe, 0x00, 0x00}, INSTRUCTION_IN},
    {{0xe6, 0x00, 0x00}, {0xfe, 0x00, 0x00}, INSTRUCTION_OUT},
    {{0xee, 0x00, 0x00}, {0xfe, 0x00, 0x00}, INSTRUCTION_OUT},
};

static bool instruction_class_is_prefix(uint8_t byte)
{
    switch (byte) {
    case 0x26: /* segment overrides, */
    case 0x2e:
    case 0x36:
    case 0x3e:
    case 0x64:
    case 0x65:
    case 0x66: /* sizes, LOCK and REP */
    case 0x67:
    case 0xf0:
    case 0xf2:
    case 0xf3:
        return true;
    default:
        return false;
    }
}

/* NOPL imm32(%rax): 0f 1f 80 and the number, written without prefixes. */
static enum instruction_class instruction_class_of_marker(const uint8_t *bytes, size_t size)
{
    static const uint8_t nop[] = {0x0f, 0x1f, 0x80};
    uint32_t number;

    if (size != sizeof(nop) + sizeof(number) || memcmp(bytes, nop, sizeof(nop)) != 0)
        return INSTRUCTION_CLASSES;
    memcpy(&number, bytes + sizeof(nop), sizeof(number));
    if (number == COOPBENCH_NOP_BEGIN)
        return INSTRUCTION_MARKER_BEGIN;
    return number == COOPBENCH_NOP_END ? INSTRUCTION_MARKER_END : INSTRUCTION_CLASSES;
}

enum instruction_class instruction_class_of(const uint8_t *bytes, size_t size)
{
    enum instruction_class marker = instruction_class_of_marker(bytes, size);
    uint8_t opcode[3] = {0, 0, 0}, last = 0;

    if (marker != INSTRUCTION_CLASSES)
        return marker;
    /* In 32-bit code the bytes of REX are INC and DEC, whole instructions: nothing follows them. */
    while (size > 1 && (instruction_class_is_prefix(*bytes) || (*bytes & 0xf0) == 0x40)) {
        last = *bytes++;
        size--;
    }
    memcpy(opcode, bytes, size < sizeof(opcode) ? size : sizeof(opcode));
    if (opcode[0] == 0x0f && opcode[1] == 0x22 && (last & 0xf4) == 0x44) /* REX.R: CR8 to CR15 */
        return INSTRUCTION_CLASSES;
    for (size_t i = 0; i < sizeof(instruction_class_rows) / sizeof(instruction_class_rows[0]); i++) {
        const struct instruction_class_row *row = &instruction_class_rows[i];
        bool equal = true;

        for (size_t byte = 0; byte < sizeof(opcode); byte++)
            equal = equal && (opcode[byte] & row->mask[byte]) == (row->opcode[byte] & row->mask[byte]);
        if (equal)
            return row->class;
    }
    return INSTRUCTION_CLASSES;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decoding of x86 instructions in 16-, 32- and 64-bit code. The exit path asks it how long the
 * trapped instruction is (decode_length_fixed) or what it does (decode_instruction); execute.h
 * then carries it out. Pure: nothing but the bytes given is looked at.
 * Encoding: AMD APM vol. 3, "Instruction Encoding" and "Opcode and Operand Encodings".
 */
#ifndef COOPVIRT_EMULATE_DECODE_H
#define COOPVIRT_EMULATE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emulate/operation.h"

#define INSTRUCTION_BYTES_MAX 15

/* The default operand and address size of the code segment (CS.L and CS.D). */
enum decode_mode { DECODE_MODE_16, DECODE_MODE_32, DECODE_MODE_64 };

enum decode_status {
    DECODE_OK,         /* decoded in full */
    DECODE_TRUNCATED,  /* legal so far, but `available` bytes are not all of it */
    DECODE_INVALID,    /* #UD: no such encoding, a LOCK that is not allowed, or over 15 bytes */
    DECODE_UNSUPPORTED /* no operation here: only `length` is set (0 where it is not known) */
};

/* Register numbers are the hardware's. */
enum instruction_register {
    REGISTER_RAX,
    REGISTER_RCX,
    REGISTER_RDX,
    REGISTER_RBX,
    REGISTER_RSP,
    REGISTER_RBP,
    REGISTER_RSI,
    REGISTER_RDI,
    REGISTER_R8,
    REGISTER_R15 = 15,
    REGISTER_RIP = 16, /* as a base only */
    REGISTER_NONE = 0xff
};

enum instruction_segment { SEGMENT_ES, SEGMENT_CS, SEGMENT_SS, SEGMENT_DS, SEGMENT_FS, SEGMENT_GS, SEGMENT_COUNT };
#define SEGMENT_NONE 0xff

enum operand_kind {
    OPERAND_NONE,
    OPERAND_REGISTER,      /* number 0-15 */
    OPERAND_REGISTER_HIGH, /* AH, CH, DH, BH: number 0-3 of the register whose bits 8-15 it is */
    OPERAND_MEMORY,        /* the one memory operand: segment, base, index, scale, displacement */
    OPERAND_IMMEDIATE,     /* `immediate`, already extended to 64 bits */
    OPERAND_CONTROL,       /* control register `number` */
    OPERAND_DEBUG,         /* debug register `number` */
    OPERAND_SEGMENT,       /* segment register `number` (enum instruction_segment) */
    OPERAND_STRING_SOURCE, /* segment:rSI */
    OPERAND_STRING_TARGET, /* ES:rDI */
    OPERAND_RELATIVE,      /* branch displacement in `immediate`, from the next instruction */
    OPERAND_FAR_POINTER    /* offset in `immediate`, selector in `immediate_second` */
};

struct instruction_operand {
    uint8_t kind; /* enum operand_kind */
    uint8_t number;
    uint8_t bytes; /* 1-16; 0 where the size has no meaning (LEA, INVLPG) */
};

#define INSTRUCTION_OPERANDS 3

struct instruction {
    uint8_t length;
    uint8_t operation;  /* enum instruction_operation */
    uint8_t opcode_map; /* 0: one byte, 1: 0F, 2: 0F 38, 3: 0F 3A */
    uint8_t opcode;
    uint8_t condition; /* Jcc, SETcc, CMOVcc: low four opcode bits */

    bool lock;
    bool rep;   /* F3 */
    bool repne; /* F2 */
    bool operand_override;
    bool address_override;
    uint8_t segment_override; /* enum instruction_segment or SEGMENT_NONE */
    uint8_t rex;              /* 0x40-0x4f, or 0 when there is none in effect */

    uint8_t operand_bytes; /* 1, 2, 4, 8 */
    uint8_t address_bytes; /* 2, 4, 8 */

    bool has_modrm;
    uint8_t modrm;
    uint8_t sib;
    uint8_t mod;
    uint8_t reg; /* with REX.R */
    uint8_t rm;  /* with REX.B */

    bool has_memory_operand; /* by ModRM or by moffs; string and stack accesses are implied by the operation */
    bool is_read;            /* the memory operand, or a string's source, is read */
    bool is_write;           /* the memory operand, or a string's target, is written */
    uint8_t segment;         /* in effect for the memory operand */
    uint8_t base;            /* 0-15, REGISTER_RIP or REGISTER_NONE */
    uint8_t index;           /* 0-15 or REGISTER_NONE */
    uint8_t scale;           /* 1, 2, 4, 8 */
    int64_t displacement;    /* of moffs: the whole address */

    uint64_t immediate;
    uint64_t immediate_second;

    struct instruction_operand operands[INSTRUCTION_OPERANDS]; /* destination first, as in Intel's syntax */
};

/* Decodes the instruction at `bytes`, never looking past `available`. */
enum decode_status decode_instruction(const uint8_t *bytes, size_t available, enum decode_mode mode,
                                      struct instruction *out);

/*
 * The length of an instruction that the hardware has already named, for operations without memory
 * operand and immediate (CPUID, HLT, RDMSR, VMMCALL, MOV_FROM_CR, IRET ...; decode_length.c has the list):
 * skips prefixes and compares the opcode. 0 when the bytes are something else, or cut short.
 */
unsigned decode_length_fixed(const uint8_t *bytes, size_t available, enum decode_mode mode,
                             enum instruction_operation expected);

#endif

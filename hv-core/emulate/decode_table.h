/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The opcode maps as data: for every opcode its operation, its operands and what is special about
 * it. decode.c reads nothing else; a new instruction is one row in decode_table.c.
 */
#ifndef COOPVIRT_EMULATE_DECODE_TABLE_H
#define COOPVIRT_EMULATE_DECODE_TABLE_H

#include <stdint.h>

#include "emulate/decode.h"

/* Where an operand is found ... */
enum decode_place {
    PLACE_NONE,
    PLACE_RM,          /* ModRM.rm: register or memory */
    PLACE_RM_MEMORY,   /* ModRM.rm: memory, or else #UD */
    PLACE_RM_REGISTER, /* ModRM.rm: a register whatever ModRM.mod says */
    PLACE_REG,         /* ModRM.reg */
    PLACE_CONTROL,     /* ModRM.reg: control register */
    PLACE_DEBUG,       /* ModRM.reg: debug register */
    PLACE_SEGMENT,     /* ModRM.reg: segment register */
    PLACE_OPCODE,      /* low three bits of the opcode */
    PLACE_ACCUMULATOR,
    PLACE_COUNT, /* CL */
    PLACE_PORT,  /* DX */
    PLACE_ONE,   /* the constant 1 */
    PLACE_IMMEDIATE,
    PLACE_IMMEDIATE_SIGNED, /* a byte, extended to the operand size */
    PLACE_OFFSET,           /* an address as immediate */
    PLACE_SOURCE,           /* segment:rSI */
    PLACE_TARGET,           /* ES:rDI */
    PLACE_RELATIVE,
    PLACE_FAR_POINTER
};

/* ... and its size. The letters are those of the manuals' opcode maps. */
enum decode_size {
    SIZE_0, /* none (LEA) */
    SIZE_B,
    SIZE_W,
    SIZE_D,
    SIZE_Q,
    SIZE_V, /* operand size */
    SIZE_Z, /* operand size, at most 4 */
    SIZE_Y, /* 8 with REX.W, else 4 */
    SIZE_N, /* 8 in 64-bit mode, else 4 */
    SIZE_X, /* 16 with REX.W, else 8 */
    SIZE_R, /* operand size as register, 2 in memory */
    SIZE_P, /* far pointer: 2 + operand size */
    SIZE_S  /* descriptor-table register: 10 in 64-bit mode, else 6 */
};

#define DECODE_OPERAND(place, size)   ((place) << 4 | (size))
#define DECODE_OPERAND_PLACE(operand) ((enum decode_place)((operand) >> 4))
#define DECODE_OPERAND_SIZE(operand)  ((enum decode_size)((operand)&15))

enum decode_flag {
    DECODE_READS = 1 << 0,       /* the first operand is read */
    DECODE_WRITES = 1 << 1,      /* the first operand is written */
    DECODE_LOCKABLE = 1 << 2,    /* LOCK is legal when the first operand is memory */
    DECODE_BYTE = 1 << 3,        /* operates on bytes */
    DECODE_DEFAULT_64 = 1 << 4,  /* operand size 8 in 64-bit mode, 2 with 66 */
    DECODE_FORCE_64 = 1 << 5,    /* operand size 8 in 64-bit mode, always */
    DECODE_NOT_64 = 1 << 6,      /* #UD in 64-bit mode */
    DECODE_PREFIXED = 1 << 7,    /* with 66, F2 or F3 it is another instruction, or none */
    DECODE_GROUP = 1 << 8,       /* ModRM.reg chooses: `operation` is the group */
    DECODE_SPLIT = 1 << 9,       /* of a group: register forms are in the group after it */
    DECODE_MODRM = 1 << 10,      /* has a ModRM byte, whether or not an operand says so */
    DECODE_NO_SUCH = 1 << 11,    /* #UD */
    DECODE_EXTRA_BYTE = 1 << 12, /* one immediate byte that no operand names */
    DECODE_ONLY_64 = 1 << 13,    /* #UD outside 64-bit mode */
    DECODE_SELECT = 1 << 14      /* prefixes or the whole ModRM byte choose: decode_table_select */
};

enum decode_group {
    GROUP_1,
    GROUP_1A,
    GROUP_2,
    GROUP_3_BYTE,
    GROUP_3,
    GROUP_4,
    GROUP_5,
    GROUP_6,
    GROUP_7,
    GROUP_7_REGISTER,
    GROUP_8,
    GROUP_9,
    GROUP_9_REGISTER,
    GROUP_11,
    GROUP_COUNT
};

struct decode_entry {
    uint8_t operation; /* enum instruction_operation, or enum decode_group */
    uint16_t flags;
    uint16_t operands[INSTRUCTION_OPERANDS]; /* of a group's row: all zero where the opcode's own stand */
};

extern const struct decode_entry decode_table_primary[256];          /* one byte */
extern const struct decode_entry decode_table_secondary[256];        /* 0F */
extern const struct decode_entry decode_table_group[GROUP_COUNT][8]; /* by ModRM.reg */
extern const struct decode_entry decode_table_0f38;                  /* what a row of 0F 38 is */
extern const struct decode_entry decode_table_0f3a;                  /* and of 0F 3A */

/* Rows chosen by a prefix or by the whole ModRM byte; `entry` itself where they choose nothing. */
const struct decode_entry *decode_table_select(const struct decode_entry *entry, const struct instruction *instruction,
                                               enum decode_mode mode);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The opcode maps: AMD APM vol. 3, "Opcode and Operand Encodings". A row without operation
 * (LENGTH) is here for the instruction's length alone.
 */
#include "emulate/decode_table.h"

/* One row a line. */
/* clang-format off */

#define EB DECODE_OPERAND(PLACE_RM, SIZE_B)
#define EW DECODE_OPERAND(PLACE_RM, SIZE_W)
#define EV DECODE_OPERAND(PLACE_RM, SIZE_V)
#define ED DECODE_OPERAND(PLACE_RM, SIZE_D)
#define EN DECODE_OPERAND(PLACE_RM, SIZE_N)
#define ER DECODE_OPERAND(PLACE_RM, SIZE_R)
#define GB DECODE_OPERAND(PLACE_REG, SIZE_B)
#define GV DECODE_OPERAND(PLACE_REG, SIZE_V)
#define GY DECODE_OPERAND(PLACE_REG, SIZE_Y)
#define GN DECODE_OPERAND(PLACE_REG, SIZE_N)
#define M DECODE_OPERAND(PLACE_RM_MEMORY, SIZE_0)
#define MP DECODE_OPERAND(PLACE_RM_MEMORY, SIZE_P)
#define MS DECODE_OPERAND(PLACE_RM_MEMORY, SIZE_S)
#define RN DECODE_OPERAND(PLACE_RM_REGISTER, SIZE_N)
#define CN DECODE_OPERAND(PLACE_CONTROL, SIZE_N)
#define DN DECODE_OPERAND(PLACE_DEBUG, SIZE_N)
#define SW DECODE_OPERAND(PLACE_SEGMENT, SIZE_W)
#define ZB DECODE_OPERAND(PLACE_OPCODE, SIZE_B)
#define ZV DECODE_OPERAND(PLACE_OPCODE, SIZE_V)
#define AB DECODE_OPERAND(PLACE_ACCUMULATOR, SIZE_B)
#define AV DECODE_OPERAND(PLACE_ACCUMULATOR, SIZE_V)
#define AZ DECODE_OPERAND(PLACE_ACCUMULATOR, SIZE_Z)
#define CL DECODE_OPERAND(PLACE_COUNT, SIZE_B)
#define DX DECODE_OPERAND(PLACE_PORT, SIZE_W)
#define ONE DECODE_OPERAND(PLACE_ONE, SIZE_B)
#define IB DECODE_OPERAND(PLACE_IMMEDIATE, SIZE_B)
#define IW DECODE_OPERAND(PLACE_IMMEDIATE, SIZE_W)
#define IZ DECODE_OPERAND(PLACE_IMMEDIATE, SIZE_Z)
#define IV DECODE_OPERAND(PLACE_IMMEDIATE, SIZE_V)
#define IS DECODE_OPERAND(PLACE_IMMEDIATE_SIGNED, SIZE_V)
#define OB DECODE_OPERAND(PLACE_OFFSET, SIZE_B)
#define OV DECODE_OPERAND(PLACE_OFFSET, SIZE_V)
#define XB DECODE_OPERAND(PLACE_SOURCE, SIZE_B)
#define XV DECODE_OPERAND(PLACE_SOURCE, SIZE_V)
#define XZ DECODE_OPERAND(PLACE_SOURCE, SIZE_Z)
#define YB DECODE_OPERAND(PLACE_TARGET, SIZE_B)
#define YV DECODE_OPERAND(PLACE_TARGET, SIZE_V)
#define YZ DECODE_OPERAND(PLACE_TARGET, SIZE_Z)
#define JB DECODE_OPERAND(PLACE_RELATIVE, SIZE_B)
#define JZ DECODE_OPERAND(PLACE_RELATIVE, SIZE_Z)
#define FP DECODE_OPERAND(PLACE_FAR_POINTER, SIZE_P)
#define __ 0

/* What happens to the first operand: read, written, both; RWL: and LOCK where it is memory. */
#define R DECODE_READS
#define W DECODE_WRITES
#define RW (DECODE_READS | DECODE_WRITES)
#define RWL (DECODE_READS | DECODE_WRITES | DECODE_LOCKABLE)
#define B DECODE_BYTE
#define D64 DECODE_DEFAULT_64
#define F64 DECODE_FORCE_64
#define N64 DECODE_NOT_64
#define NP DECODE_PREFIXED

#define ROW(name, flags, a, b, c)                                                                                      \
    {                                                                                                                  \
        OPERATION_##name, (flags), { a, b, c }                                                                         \
    }
#define BARE(name, flags) ROW(name, flags, __, __, __)
#define GROUP(name, flags, a, b)                                                                                       \
    {                                                                                                                  \
        GROUP_##name, (flags) | DECODE_GROUP, { a, b, __ }                                                             \
    }
#define NO_SUCH BARE(NONE, DECODE_NO_SUCH)
#define LENGTH BARE(NONE, 0)
#define LENGTH_E BARE(NONE, DECODE_MODRM)
#define LENGTH_E_IB BARE(NONE, DECODE_MODRM | DECODE_EXTRA_BYTE)

/* The six encodings of an arithmetic operation: 00-05, 08-0D, ... */
#define ARITHMETIC(opcode, name, first, locked)                                                                        \
    [opcode] = ROW(name, (locked) | B, EB, GB, __), [(opcode) + 1] = ROW(name, locked, EV, GV, __),                    \
    [(opcode) + 2] = ROW(name, (first) | B, GB, EB, __), [(opcode) + 3] = ROW(name, first, GV, EV, __),                \
    [(opcode) + 4] = ROW(name, (first) | B, AB, IB, __), [(opcode) + 5] = ROW(name, first, AV, IZ, __)

const struct decode_entry decode_table_primary[256] = {
    ARITHMETIC(0x00, ADD, RW, RWL),
    ARITHMETIC(0x08, OR, RW, RWL),
    ARITHMETIC(0x10, ADC, RW, RWL),
    ARITHMETIC(0x18, SBB, RW, RWL),
    ARITHMETIC(0x20, AND, RW, RWL),
    ARITHMETIC(0x28, SUB, RW, RWL),
    ARITHMETIC(0x30, XOR, RW, RWL),
    ARITHMETIC(0x38, CMP, R, R),
    [0x06] = BARE(PUSH_SEGMENT, N64),
    [0x07] = BARE(POP_SEGMENT, N64),
    [0x0e] = BARE(PUSH_SEGMENT, N64),
    [0x16] = BARE(PUSH_SEGMENT, N64),
    [0x17] = BARE(POP_SEGMENT, N64),
    [0x1e] = BARE(PUSH_SEGMENT, N64),
    [0x1f] = BARE(POP_SEGMENT, N64),
    [0x27] = BARE(NONE, N64), /* DAA, DAS, AAA, AAS */
    [0x2f] = BARE(NONE, N64),
    [0x37] = BARE(NONE, N64),
    [0x3f] = BARE(NONE, N64),
    [0x40 ... 0x47] = ROW(INC, RW, ZV, __, __), /* REX in 64-bit mode */
    [0x48 ... 0x4f] = ROW(DEC, RW, ZV, __, __),
    [0x50 ... 0x57] = ROW(PUSH, R | D64, ZV, __, __),
    [0x58 ... 0x5f] = ROW(POP, W | D64, ZV, __, __),
    [0x60] = BARE(PUSHA, N64),
    [0x61] = BARE(POPA, N64),
    [0x62] = BARE(NONE, N64 | DECODE_MODRM),         /* BOUND, EVEX */
    [0x63] = ROW(MOVSX, W | DECODE_SELECT, GV, ED, __), /* ARPL outside 64-bit mode */
    [0x68] = ROW(PUSH, R | D64, IZ, __, __),
    [0x69] = ROW(IMUL_TRUNCATE, W, GV, EV, IZ),
    [0x6a] = ROW(PUSH, R | D64, IS, __, __),
    [0x6b] = ROW(IMUL_TRUNCATE, W, GV, EV, IS),
    [0x6c] = ROW(INS, W | B, YB, DX, __),
    [0x6d] = ROW(INS, W, YZ, DX, __),
    [0x6e] = ROW(OUTS, R | B, DX, XB, __),
    [0x6f] = ROW(OUTS, R, DX, XZ, __),
    [0x70 ... 0x7f] = ROW(JCC, F64, JB, __, __),
    [0x80] = GROUP(1, B, EB, IB),
    [0x81] = GROUP(1, 0, EV, IZ),
    [0x82] = GROUP(1, B | N64, EB, IB),
    [0x83] = GROUP(1, 0, EV, IS),
    [0x84] = ROW(TEST, R | B, EB, GB, __),
    [0x85] = ROW(TEST, R, EV, GV, __),
    [0x86] = ROW(XCHG, RWL | B, EB, GB, __),
    [0x87] = ROW(XCHG, RWL, EV, GV, __),
    [0x88] = ROW(MOV, W | B, EB, GB, __),
    [0x89] = ROW(MOV, W, EV, GV, __),
    [0x8a] = ROW(MOV, W | B, GB, EB, __),
    [0x8b] = ROW(MOV, W, GV, EV, __),
    [0x8c] = ROW(MOV_SEGMENT, W, ER, SW, __),
    [0x8d] = ROW(LEA, W, GV, M, __),
    [0x8e] = ROW(MOV_SEGMENT, W, SW, EW, __),
    [0x8f] = GROUP(1A, D64, EV, __),
    [0x90] = ROW(XCHG, RW | DECODE_SELECT, ZV, AV, __), /* NOP, PAUSE */
    [0x91 ... 0x97] = ROW(XCHG, RW, ZV, AV, __),
    [0x98] = BARE(CBW, 0),
    [0x99] = BARE(CWD, 0),
    [0x9a] = ROW(CALL_FAR, N64, FP, __, __),
    [0x9b] = LENGTH, /* FWAIT */
    [0x9c] = BARE(PUSHF, D64),
    [0x9d] = BARE(POPF, D64),
    [0x9e] = BARE(SAHF, 0),
    [0x9f] = BARE(LAHF, 0),
    [0xa0] = ROW(MOV, W | B, AB, OB, __),
    [0xa1] = ROW(MOV, W, AV, OV, __),
    [0xa2] = ROW(MOV, W | B, OB, AB, __),
    [0xa3] = ROW(MOV, W, OV, AV, __),
    [0xa4] = ROW(MOVS, W | B, YB, XB, __),
    [0xa5] = ROW(MOVS, W, YV, XV, __),
    [0xa6] = ROW(CMPS, R | B, XB, YB, __),
    [0xa7] = ROW(CMPS, R, XV, YV, __),
    [0xa8] = ROW(TEST, R | B, AB, IB, __),
    [0xa9] = ROW(TEST, R, AV, IZ, __),
    [0xaa] = ROW(STOS, W | B, YB, AB, __),
    [0xab] = ROW(STOS, W, YV, AV, __),
    [0xac] = ROW(LODS, W | B, AB, XB, __),
    [0xad] = ROW(LODS, W, AV, XV, __),
    [0xae] = ROW(SCAS, R | B, AB, YB, __),
    [0xaf] = ROW(SCAS, R, AV, YV, __),
    [0xb0 ... 0xb7] = ROW(MOV, W | B, ZB, IB, __),
    [0xb8 ... 0xbf] = ROW(MOV, W, ZV, IV, __),
    [0xc0] = GROUP(2, B, EB, IB),
    [0xc1] = GROUP(2, 0, EV, IB),
    [0xc2] = ROW(RET, F64, IW, __, __),
    [0xc3] = BARE(RET, F64),
    [0xc4 ... 0xc5] = ROW(LOAD_FAR, W | N64, GV, MP, __), /* LES, LDS; VEX is found before */
    [0xc6] = GROUP(11, B, EB, IB),
    [0xc7] = GROUP(11, 0, EV, IZ),
    [0xc8] = ROW(NONE, 0, IW, IB, __), /* ENTER */
    [0xc9] = BARE(LEAVE, D64),
    [0xca] = ROW(RET_FAR, 0, IW, __, __),
    [0xcb] = BARE(RET_FAR, 0),
    [0xcc] = BARE(INT3, 0),
    [0xcd] = ROW(INT, 0, IB, __, __),
    [0xce] = BARE(INTO, N64),
    [0xcf] = BARE(IRET, 0),
    [0xd0] = GROUP(2, B, EB, ONE),
    [0xd1] = GROUP(2, 0, EV, ONE),
    [0xd2] = GROUP(2, B, EB, CL),
    [0xd3] = GROUP(2, 0, EV, CL),
    [0xd4 ... 0xd5] = ROW(NONE, N64, IB, __, __), /* AAM, AAD */
    [0xd6] = BARE(NONE, N64),                     /* SALC */
    [0xd7] = BARE(XLAT, 0),
    [0xd8 ... 0xdf] = LENGTH_E,                   /* x87 */
    [0xe0 ... 0xe3] = ROW(LOOP, F64, JB, __, __),
    [0xe4] = ROW(IN, W | B, AB, IB, __),
    [0xe5] = ROW(IN, W, AZ, IB, __),
    [0xe6] = ROW(OUT, R | B, IB, AB, __),
    [0xe7] = ROW(OUT, R, IB, AZ, __),
    [0xe8] = ROW(CALL, F64, JZ, __, __),
    [0xe9] = ROW(JMP, F64, JZ, __, __),
    [0xea] = ROW(JMP_FAR, N64, FP, __, __),
    [0xeb] = ROW(JMP, F64, JB, __, __),
    [0xec] = ROW(IN, W | B, AB, DX, __),
    [0xed] = ROW(IN, W, AZ, DX, __),
    [0xee] = ROW(OUT, R | B, DX, AB, __),
    [0xef] = ROW(OUT, R, DX, AZ, __),
    [0xf1] = BARE(ICEBP, 0),
    [0xf4] = BARE(HLT, 0),
    [0xf5] = BARE(CMC, 0),
    [0xf6] = GROUP(3_BYTE, B, EB, __),
    [0xf7] = GROUP(3, 0, EV, __),
    [0xf8] = BARE(CLC, 0),
    [0xf9] = BARE(STC, 0),
    [0xfa] = BARE(CLI, 0),
    [0xfb] = BARE(STI, 0),
    [0xfc] = BARE(CLD, 0),
    [0xfd] = BARE(STD, 0),
    [0xfe] = GROUP(4, B, EB, __),
    [0xff] = GROUP(5, 0, EV, __),
};

const struct decode_entry decode_table_secondary[256] = {
    [0x00] = GROUP(6, 0, __, __),
    [0x01] = GROUP(7, DECODE_SPLIT, __, __),
    [0x02 ... 0x03] = LENGTH_E, /* LAR, LSL */
    [0x04] = NO_SUCH,
    [0x05] = BARE(SYSCALL, 0),
    [0x06] = BARE(CLTS, 0),
    [0x07] = BARE(SYSRET, 0),
    [0x08] = BARE(INVD, 0),
    [0x09] = BARE(WBINVD, DECODE_SELECT), /* WBNOINVD */
    [0x0a] = NO_SUCH,
    [0x0b] = BARE(UD2, 0),
    [0x0c] = NO_SUCH,
    [0x0d] = LENGTH_E,    /* PREFETCH */
    [0x0e] = LENGTH,      /* FEMMS */
    [0x0f] = LENGTH_E_IB, /* 3DNow!: the operation follows */
    [0x10 ... 0x1e] = LENGTH_E,
    [0x1f] = ROW(NOP, 0, EV, __, __),
    [0x20] = ROW(MOV_FROM_CR, W, RN, CN, __),
    [0x21] = ROW(MOV_FROM_DR, W, RN, DN, __),
    [0x22] = ROW(MOV_TO_CR, W, CN, RN, __),
    [0x23] = ROW(MOV_TO_DR, W, DN, RN, __),
    [0x24 ... 0x27] = NO_SUCH,
    [0x28 ... 0x2f] = LENGTH_E,
    [0x30] = BARE(WRMSR, 0),
    [0x31] = BARE(RDTSC, 0),
    [0x32] = BARE(RDMSR, 0),
    [0x33] = BARE(RDPMC, 0),
    [0x34] = BARE(SYSENTER, 0),
    [0x35] = BARE(SYSEXIT, 0),
    [0x36] = NO_SUCH,
    [0x37] = LENGTH, /* GETSEC */
    [0x38 ... 0x3f] = NO_SUCH,
    [0x40 ... 0x4f] = ROW(CMOV, RW, GV, EV, __),
    [0x50 ... 0x6f] = LENGTH_E,
    [0x70 ... 0x73] = LENGTH_E_IB,
    [0x74 ... 0x76] = LENGTH_E,
    [0x77] = LENGTH, /* EMMS */
    [0x78] = ROW(VMREAD, W | DECODE_SELECT, EN, GN, __),
    [0x79] = ROW(VMWRITE, R | DECODE_SELECT, GN, EN, __),
    [0x7a ... 0x7b] = NO_SUCH,
    [0x7c ... 0x7f] = LENGTH_E,
    [0x80 ... 0x8f] = ROW(JCC, F64, JZ, __, __),
    [0x90 ... 0x9f] = ROW(SET, W | B, EB, __, __),
    [0xa0] = BARE(PUSH_SEGMENT, D64),
    [0xa1] = BARE(POP_SEGMENT, D64),
    [0xa2] = BARE(CPUID, 0),
    [0xa3] = ROW(BT, R, EV, GV, __),
    [0xa4] = ROW(SHLD, RW, EV, GV, IB),
    [0xa5] = ROW(SHLD, RW, EV, GV, CL),
    [0xa6 ... 0xa7] = LENGTH_E, /* PadLock */
    [0xa8] = BARE(PUSH_SEGMENT, D64),
    [0xa9] = BARE(POP_SEGMENT, D64),
    [0xaa] = BARE(RSM, 0),
    [0xab] = ROW(BTS, RWL, EV, GV, __),
    [0xac] = ROW(SHRD, RW, EV, GV, IB),
    [0xad] = ROW(SHRD, RW, EV, GV, CL),
    [0xae] = LENGTH_E, /* FXSAVE, fences, ... */
    [0xaf] = ROW(IMUL_TRUNCATE, RW, GV, EV, __),
    [0xb0] = ROW(CMPXCHG, RWL | B, EB, GB, __),
    [0xb1] = ROW(CMPXCHG, RWL, EV, GV, __),
    [0xb2] = ROW(LOAD_FAR, W, GV, MP, __), /* LSS, LFS, LGS */
    [0xb3] = ROW(BTR, RWL, EV, GV, __),
    [0xb4 ... 0xb5] = ROW(LOAD_FAR, W, GV, MP, __),
    [0xb6] = ROW(MOVZX, W, GV, EB, __),
    [0xb7] = ROW(MOVZX, W, GV, EW, __),
    [0xb8] = BARE(NONE, DECODE_NO_SUCH | DECODE_SELECT), /* POPCNT */
    [0xb9] = LENGTH_E,                                   /* UD1 */
    [0xba] = GROUP(8, 0, EV, IB),
    [0xbb] = ROW(BTC, RWL, EV, GV, __),
    [0xbc] = ROW(BSF, RW | DECODE_SELECT, GV, EV, __), /* TZCNT */
    [0xbd] = ROW(BSR, RW | DECODE_SELECT, GV, EV, __), /* LZCNT */
    [0xbe] = ROW(MOVSX, W, GV, EB, __),
    [0xbf] = ROW(MOVSX, W, GV, EW, __),
    [0xc0] = ROW(XADD, RWL | B, EB, GB, __),
    [0xc1] = ROW(XADD, RWL, EV, GV, __),
    [0xc2] = LENGTH_E_IB,
    [0xc3] = ROW(MOVNTI, W | NP, DECODE_OPERAND(PLACE_RM_MEMORY, SIZE_Y), GY, __),
    [0xc4 ... 0xc6] = LENGTH_E_IB,
    [0xc7] = GROUP(9, DECODE_SPLIT, __, __),
    [0xc8 ... 0xcf] = ROW(BSWAP, RW, ZV, __, __),
    [0xd0 ... 0xff] = LENGTH_E,
};

const struct decode_entry decode_table_0f38 = BARE(NONE, DECODE_MODRM | DECODE_SELECT);
const struct decode_entry decode_table_0f3a = LENGTH_E_IB;

#define KEEP(name, flags) BARE(name, flags) /* the opcode's own operands stand */

const struct decode_entry decode_table_group[GROUP_COUNT][8] = {
    [GROUP_1] = {KEEP(ADD, RWL), KEEP(OR, RWL), KEEP(ADC, RWL), KEEP(SBB, RWL), KEEP(AND, RWL), KEEP(SUB, RWL),
                 KEEP(XOR, RWL), KEEP(CMP, R)},
    [GROUP_1A] = {KEEP(POP, W), NO_SUCH, NO_SUCH, NO_SUCH, NO_SUCH, NO_SUCH, NO_SUCH, NO_SUCH},
    [GROUP_2] = {KEEP(ROL, RW), KEEP(ROR, RW), KEEP(RCL, RW), KEEP(RCR, RW), KEEP(SHL, RW), KEEP(SHR, RW),
                 KEEP(SAL, RW), KEEP(SAR, RW)},
    [GROUP_3_BYTE] = {ROW(TEST, R, EB, IB, __), ROW(TEST, R, EB, IB, __), KEEP(NOT, RWL), KEEP(NEG, RWL), KEEP(MUL, R),
                      KEEP(IMUL, R), KEEP(DIV, R), KEEP(IDIV, R)},
    [GROUP_3] = {ROW(TEST, R, EV, IZ, __), ROW(TEST, R, EV, IZ, __), KEEP(NOT, RWL), KEEP(NEG, RWL), KEEP(MUL, R),
                 KEEP(IMUL, R), KEEP(DIV, R), KEEP(IDIV, R)},
    [GROUP_4] = {KEEP(INC, RWL), KEEP(DEC, RWL), NO_SUCH, NO_SUCH, NO_SUCH, NO_SUCH, NO_SUCH, NO_SUCH},
    [GROUP_5] = {KEEP(INC, RWL), KEEP(DEC, RWL), KEEP(CALL, R | F64), ROW(CALL_FAR, R, MP, __, __), KEEP(JMP, R | F64),
                 ROW(JMP_FAR, R, MP, __, __), KEEP(PUSH, R | D64), NO_SUCH},
    [GROUP_6] = {ROW(SLDT, W, ER, __, __), ROW(STR, W, ER, __, __), ROW(LLDT, R, EW, __, __), ROW(LTR, R, EW, __, __),
                 ROW(VERR, R, EW, __, __), ROW(VERW, R, EW, __, __), LENGTH_E, NO_SUCH},
    [GROUP_7] = {ROW(SGDT, W, MS, __, __), ROW(SIDT, W, MS, __, __), ROW(LGDT, R, MS, __, __), ROW(LIDT, R, MS, __, __),
                 ROW(SMSW, W, ER, __, __), LENGTH_E, ROW(LMSW, R, EW, __, __), ROW(INVLPG, 0, M, __, __)},
    [GROUP_7_REGISTER] = {BARE(NONE, DECODE_SELECT), BARE(NONE, DECODE_SELECT), BARE(NONE, DECODE_SELECT),
                          BARE(NONE, DECODE_SELECT), ROW(SMSW, W, ER, __, __), LENGTH_E, ROW(LMSW, R, EW, __, __),
                          BARE(NONE, DECODE_SELECT)},
    [GROUP_8] = {NO_SUCH, NO_SUCH, NO_SUCH, NO_SUCH, KEEP(BT, R), KEEP(BTS, RWL), KEEP(BTR, RWL), KEEP(BTC, RWL)},
    [GROUP_9] = {LENGTH_E, ROW(CMPXCHG8B, RWL, DECODE_OPERAND(PLACE_RM_MEMORY, SIZE_X), __, __), LENGTH_E, LENGTH_E,
                 LENGTH_E, LENGTH_E, BARE(NONE, DECODE_MODRM | DECODE_SELECT),
                 ROW(VMPTRST, W | NP, DECODE_OPERAND(PLACE_RM_MEMORY, SIZE_Q), __, __)},
    [GROUP_9_REGISTER] = {LENGTH_E, LENGTH_E, LENGTH_E, LENGTH_E, LENGTH_E, LENGTH_E, LENGTH_E, LENGTH_E},
    [GROUP_11] = {KEEP(MOV, W), LENGTH_E, LENGTH_E, LENGTH_E, LENGTH_E, LENGTH_E, LENGTH_E, LENGTH_E},
};

/* 0F 01 with a register form: the ModRM byte from C0 on. */
static const struct decode_entry decode_table_0f01[64] = {
    [0x01] = BARE(VMCALL, NP),
    [0x02] = BARE(VMLAUNCH, NP),
    [0x03] = BARE(VMRESUME, NP),
    [0x04] = BARE(VMXOFF, NP),
    [0x08] = BARE(MONITOR, NP),
    [0x09] = BARE(MWAIT, NP),
    [0x10] = BARE(XGETBV, NP),
    [0x11] = BARE(XSETBV, NP),
    [0x14] = BARE(VMFUNC, NP),
    [0x18] = BARE(VMRUN, 0),
    [0x19] = BARE(VMMCALL, 0),
    [0x1a] = BARE(VMLOAD, 0),
    [0x1b] = BARE(VMSAVE, 0),
    [0x1c] = BARE(STGI, 0),
    [0x1d] = BARE(CLGI, 0),
    [0x1e] = BARE(SKINIT, 0),
    [0x1f] = BARE(INVLPGA, 0),
    [0x38] = BARE(SWAPGS, DECODE_ONLY_64),
    [0x39] = BARE(RDTSCP, 0),
    [0x3a] = BARE(MONITORX, NP),
    [0x3b] = BARE(MWAITX, NP),
    [0x3d] = BARE(RDPRU, NP),
};

static const struct decode_entry decode_table_nop = BARE(NOP, 0);
static const struct decode_entry decode_table_pause = BARE(PAUSE, 0);
static const struct decode_entry decode_table_arpl = LENGTH_E;
static const struct decode_entry decode_table_wbnoinvd = BARE(WBNOINVD, 0);
static const struct decode_entry decode_table_popcnt = ROW(POPCNT, W, GV, EV, __);
static const struct decode_entry decode_table_tzcnt = ROW(TZCNT, W, GV, EV, __);
static const struct decode_entry decode_table_lzcnt = ROW(LZCNT, W, GV, EV, __);
static const struct decode_entry decode_table_insertq = LENGTH_E;
static const struct decode_entry decode_table_insertq_ib = ROW(NONE, DECODE_MODRM | DECODE_EXTRA_BYTE, IB, __, __);
static const struct decode_entry decode_table_vmptrld =
    ROW(VMPTRLD, R, DECODE_OPERAND(PLACE_RM_MEMORY, SIZE_Q), __, __);
static const struct decode_entry decode_table_vmclear =
    ROW(VMCLEAR, R, DECODE_OPERAND(PLACE_RM_MEMORY, SIZE_Q), __, __);
static const struct decode_entry decode_table_vmxon = ROW(VMXON, R, DECODE_OPERAND(PLACE_RM_MEMORY, SIZE_Q), __, __);
static const struct decode_entry decode_table_descriptor[3] = {
    ROW(INVEPT, R, GN, M, __),
    ROW(INVVPID, R, GN, M, __),
    ROW(INVPCID, R, GN, M, __),
};
static const struct decode_entry decode_table_movbe[2] = {
    ROW(MOVBE, W, GV, DECODE_OPERAND(PLACE_RM_MEMORY, SIZE_V), __),
    ROW(MOVBE, W, DECODE_OPERAND(PLACE_RM_MEMORY, SIZE_V), GV, __),
};

/* clang-format on */

static const struct decode_entry *decode_table_select_0f38(const struct decode_entry *entry,
                                                           const struct instruction *instruction)
{
    bool repeated = instruction->rep || instruction->repne;
    if (instruction->opcode >= 0x80 && instruction->opcode <= 0x82 && instruction->operand_override && !repeated)
        return &decode_table_descriptor[instruction->opcode - 0x80];
    if ((instruction->opcode & 0xfe) == 0xf0 && !repeated)
        return &decode_table_movbe[instruction->opcode & 1];
    return entry;
}

static const struct decode_entry *decode_table_select_0f(const struct decode_entry *entry,
                                                         const struct instruction *instruction)
{
    bool repeated = instruction->rep || instruction->repne;
    switch (instruction->opcode) {
    case 0x01:
        return &decode_table_0f01[instruction->modrm - 0xc0];
    case 0x09:
        return instruction->rep ? &decode_table_wbnoinvd : entry;
    case 0x78:
        return instruction->repne || (instruction->operand_override && !repeated) ? &decode_table_insertq_ib
               : instruction->rep                                                 ? &decode_table_insertq
                                                                                  : entry;
    case 0x79:
        return repeated || instruction->operand_override ? &decode_table_insertq : entry;
    case 0xb8:
        return instruction->rep ? &decode_table_popcnt : entry;
    case 0xbc:
        return instruction->rep ? &decode_table_tzcnt : entry;
    case 0xbd:
        return instruction->rep ? &decode_table_lzcnt : entry;
    case 0xc7:
        return instruction->rep                ? &decode_table_vmxon
               : instruction->repne            ? entry
               : instruction->operand_override ? &decode_table_vmclear
                                               : &decode_table_vmptrld;
    default:
        return entry;
    }
}

const struct decode_entry *decode_table_select(const struct decode_entry *entry, const struct instruction *instruction,
                                               enum decode_mode mode)
{
    if (instruction->opcode_map == 2)
        return decode_table_select_0f38(entry, instruction);
    if (instruction->opcode_map == 1)
        return decode_table_select_0f(entry, instruction);
    if (instruction->opcode == 0x63)
        return mode == DECODE_MODE_64 ? entry : &decode_table_arpl;
    if (instruction->opcode == 0x90 && instruction->rep)
        return &decode_table_pause;
    return instruction->rex & 1 ? entry : &decode_table_nop;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Encodings with what the manuals say of them: mode, bytes, length, operation, sizes, then the
 * memory operand (base, index, scale, displacement) and the immediate.
 */
struct decode_encoding {
    enum decode_mode mode;
    const char *bytes; /* hexadecimal */
    enum decode_status status;
    unsigned length;
    enum instruction_operation operation;
    unsigned operand_bytes;
    unsigned base, index, scale;
    int64_t displacement;
    uint64_t immediate;
};

#define M16 DECODE_MODE_16
#define M32 DECODE_MODE_32
#define M64 DECODE_MODE_64
#define NO REGISTER_NONE
#define PLAIN(mode, bytes, operation, size)                                                                            \
    {                                                                                                                  \
        mode, bytes, DECODE_OK, sizeof(bytes) / 2, OPERATION_##operation, size, NO, NO, 1, 0, 0                        \
    }
#define VALUE(mode, bytes, operation, size, immediate)                                                                 \
    {                                                                                                                  \
        mode, bytes, DECODE_OK, sizeof(bytes) / 2, OPERATION_##operation, size, NO, NO, 1, 0, immediate                \
    }
#define MEMORY(mode, bytes, operation, size, base, index, scale, displacement, immediate)                              \
    {                                                                                                                  \
        mode, bytes, DECODE_OK, sizeof(bytes) / 2, OPERATION_##operation, size, base, index, scale, displacement,      \
            immediate                                                                                                  \
    }
#define ENDS(mode, bytes, status, length)                                                                              \
    {                                                                                                                  \
        mode, bytes, status, length, OPERATION_NONE, 0, NO, NO, 1, 0, 0                                                \
    }

static const struct decode_encoding decode_encodings[] = {
    /* What traps, with every kind of prefix. */
    PLAIN(M64, "0fa2", CPUID, 4),
    PLAIN(M64, "480fa2", CPUID, 8),
    PLAIN(M64, "660fa2", CPUID, 2),
    PLAIN(M64, "66480fa2", CPUID, 8),
    PLAIN(M64, "48660fa2", CPUID, 2), /* REX is not last: ignored */
    PLAIN(M64, "f30fa2", CPUID, 4),
    PLAIN(M64, "646566670fa2", CPUID, 2),
    PLAIN(M64, "2e2e2e2e2e2e2e2e2e2e2e2e2e0fa2", CPUID, 4),
    ENDS(M64, "2e2e2e2e2e2e2e2e2e2e2e2e2e2e0fa2", DECODE_INVALID, 0),
    ENDS(M64, "f00fa2", DECODE_INVALID, 0),
    PLAIN(M16, "0fa2", CPUID, 2),
    PLAIN(M32, "660fa2", CPUID, 2),
    PLAIN(M64, "f4", HLT, 4),
    PLAIN(M64, "4ff4", HLT, 8),
    PLAIN(M64, "0f32", RDMSR, 4),
    PLAIN(M64, "0f30", WRMSR, 4),
    PLAIN(M64, "660f30", WRMSR, 2),
    PLAIN(M64, "0f31", RDTSC, 4),
    PLAIN(M64, "0f01f9", RDTSCP, 4),
    PLAIN(M64, "480f01f9", RDTSCP, 8),
    PLAIN(M64, "0f33", RDPMC, 4),
    PLAIN(M64, "0f01d9", VMMCALL, 4),
    PLAIN(M32, "0f01d9", VMMCALL, 4),
    PLAIN(M64, "480f01d9", VMMCALL, 8),
    PLAIN(M64, "0f01c1", VMCALL, 4),
    PLAIN(M64, "0f01d8", VMRUN, 4),
    PLAIN(M64, "0f01dd", CLGI, 4),
    PLAIN(M64, "0f01d1", XSETBV, 4),
    PLAIN(M64, "0f01d0", XGETBV, 4),
    PLAIN(M64, "0f08", INVD, 4),
    PLAIN(M64, "0f09", WBINVD, 4),
    PLAIN(M64, "f30f09", WBNOINVD, 4),
    PLAIN(M64, "f390", PAUSE, 4),
    PLAIN(M64, "90", NOP, 4),
    PLAIN(M64, "4190", XCHG, 4),
    PLAIN(M64, "0f01c8", MONITOR, 4),
    PLAIN(M64, "0f01c9", MWAIT, 4),
    PLAIN(M64, "f1", ICEBP, 4),
    PLAIN(M64, "cc", INT3, 4),
    VALUE(M64, "cd80", INT, 4, 0x80),
    PLAIN(M64, "48cf", IRET, 8),
    PLAIN(M64, "9c", PUSHF, 8),
    PLAIN(M64, "669d", POPF, 2),
    PLAIN(M64, "0f06", CLTS, 4),
    PLAIN(M64, "0f20c0", MOV_FROM_CR, 4),
    PLAIN(M64, "0f2000", MOV_FROM_CR, 4), /* ModRM.mod is ignored */
    PLAIN(M64, "0f2045", MOV_FROM_CR, 4),
    PLAIN(M64, "440f22c0", MOV_TO_CR, 4), /* CR8 */
    PLAIN(M32, "f00f22c0", MOV_TO_CR, 4), /* CR8 as AMD spells it in 32-bit code */
    ENDS(M64, "0f22c8", DECODE_INVALID, 0), /* CR1 */
    PLAIN(M64, "0f23f8", MOV_TO_DR, 4),
    ENDS(M64, "440f23f8", DECODE_INVALID, 0), /* DR15 */
    PLAIN(M64, "0f01f0", LMSW, 4),
    PLAIN(M64, "0f01e3", SMSW, 4),
    MEMORY(M64, "0f0138", INVLPG, 4, REGISTER_RAX, NO, 1, 0, 0),
    MEMORY(M64, "410f017c2408", INVLPG, 4, 12, NO, 1, 8, 0),
    MEMORY(M64, "0f011d10000000", LIDT, 4, REGISTER_RIP, NO, 1, 16, 0),
    PLAIN(M64, "0f01f8", SWAPGS, 4),
    MEMORY(M64, "66410f388208", INVPCID, 2, 8, NO, 1, 0, 0),

    /* Port I/O. */
    VALUE(M64, "e460", IN, 1, 0x60),
    VALUE(M64, "66e580", IN, 2, 0x80),
    PLAIN(M64, "ec", IN, 1),
    PLAIN(M64, "ed", IN, 4),
    PLAIN(M64, "66ef", OUT, 2),
    PLAIN(M64, "f36e", OUTS, 1),
    PLAIN(M64, "f3666d", INS, 2),
    PLAIN(M16, "f36d", INS, 2),
    PLAIN(M16, "f366676d", INS, 4),

    /* What drivers do to device memory. */
    MEMORY(M64, "8b02", MOV, 4, REGISTER_RDX, NO, 1, 0, 0),
    MEMORY(M64, "488b4208", MOV, 8, REGISTER_RDX, NO, 1, 8, 0),
    MEMORY(M64, "668b4afe", MOV, 2, REGISTER_RDX, NO, 1, -2, 0),
    MEMORY(M64, "8a8c91f0ffffff", MOV, 1, REGISTER_RCX, REGISTER_RDX, 4, -16, 0),
    MEMORY(M64, "4689541df8", MOV, 4, REGISTER_RBP, 11, 1, -8, 0),
    MEMORY(M64, "8905b0000000", MOV, 4, REGISTER_RIP, NO, 1, 0xb0, 0),
    MEMORY(M64, "890425b000e0fe", MOV, 4, NO, NO, 1, (int32_t)0xfee000b0, 0),
    MEMORY(M64, "89042c", MOV, 4, REGISTER_RSP, REGISTER_RBP, 1, 0, 0),
    MEMORY(M64, "c780b000000000000000", MOV, 4, REGISTER_RAX, NO, 1, 0xb0, 0),
    MEMORY(M64, "c70578563412efbeadde", MOV, 4, REGISTER_RIP, NO, 1, 0x12345678, 0xffffffffdeadbeef),
    MEMORY(M64, "48c700ffffffff", MOV, 8, REGISTER_RAX, NO, 1, 0, UINT64_MAX),
    MEMORY(M64, "c60041", MOV, 1, REGISTER_RAX, NO, 1, 0, 0x41),
    MEMORY(M64, "66c7003412", MOV, 2, REGISTER_RAX, NO, 1, 0, 0x1234),
    MEMORY(M64, "0fb600", MOVZX, 4, REGISTER_RAX, NO, 1, 0, 0),
    MEMORY(M64, "480fb700", MOVZX, 8, REGISTER_RAX, NO, 1, 0, 0),
    MEMORY(M64, "0fbf00", MOVSX, 4, REGISTER_RAX, NO, 1, 0, 0),
    MEMORY(M64, "486300", MOVSX, 8, REGISTER_RAX, NO, 1, 0, 0),
    MEMORY(M64, "a18877665544332211", MOV, 4, NO, NO, 1, 0x1122334455667788, 0),
    MEMORY(M64, "67a188776655", MOV, 4, NO, NO, 1, 0x55667788, 0),
    MEMORY(M32, "a3b000e0fe", MOV, 4, NO, NO, 1, 0xfee000b0, 0),
    MEMORY(M32, "c500", LOAD_FAR, 4, REGISTER_RAX, NO, 1, 0, 0), /* LDS */
    MEMORY(M64, "0fb200", LOAD_FAR, 4, REGISTER_RAX, NO, 1, 0, 0),
    PLAIN(M32, "60", PUSHA, 4),
    PLAIN(M32, "6661", POPA, 2),
    PLAIN(M64, "d7", XLAT, 4),
    PLAIN(M64, "fd", STD, 4),
    MEMORY(M32, "67a3b000", MOV, 4, NO, NO, 1, 0xb0, 0),
    MEMORY(M16, "a13412", MOV, 2, NO, NO, 1, 0x1234, 0),
    MEMORY(M16, "268907", MOV, 2, REGISTER_RBX, NO, 1, 0, 0),
    MEMORY(M16, "8b5aff", MOV, 2, REGISTER_RBP, REGISTER_RSI, 1, -1, 0),
    MEMORY(M16, "8b1e3412", MOV, 2, NO, NO, 1, 0x1234, 0),
    MEMORY(M16, "67668b4424fc", MOV, 4, REGISTER_RSP, NO, 1, -4, 0),
    MEMORY(M64, "8300ff", ADD, 4, REGISTER_RAX, NO, 1, 0, UINT64_MAX),
    MEMORY(M64, "f0830801", OR, 4, REGISTER_RAX, NO, 1, 0, 1),
    MEMORY(M64, "f04d0fb10f", CMPXCHG, 8, 15, NO, 1, 0, 0),
    MEMORY(M64, "f0480fc70e", CMPXCHG8B, 8, REGISTER_RSI, NO, 1, 0, 0),
    MEMORY(M64, "f0480fba281f", BTS, 8, REGISTER_RAX, NO, 1, 0, 31),
    MEMORY(M64, "f70001000080", TEST, 4, REGISTER_RAX, NO, 1, 0, 0xffffffff80000001),
    MEMORY(M64, "0fc300", MOVNTI, 4, REGISTER_RAX, NO, 1, 0, 0),
    MEMORY(M64, "0f38f000", MOVBE, 4, REGISTER_RAX, NO, 1, 0, 0),
    MEMORY(M64, "ff30", PUSH, 8, REGISTER_RAX, NO, 1, 0, 0),
    MEMORY(M64, "8f00", POP, 8, REGISTER_RAX, NO, 1, 0, 0),
    PLAIN(M64, "f348a5", MOVS, 8),
    PLAIN(M64, "f2ae", SCAS, 1),
    VALUE(M64, "48b88877665544332211", MOV, 8, 0x1122334455667788),
    VALUE(M64, "b878563412", MOV, 4, 0x12345678),

    /* What is not. */
    ENDS(M64, "f0890425b000e0fe", DECODE_INVALID, 0), /* LOCK MOV */
    ENDS(M64, "f001c0", DECODE_INVALID, 0),           /* LOCK ADD to a register */
    ENDS(M64, "06", DECODE_INVALID, 0),
    ENDS(M64, "eaffffffff0000", DECODE_INVALID, 0),
    ENDS(M64, "0f04", DECODE_INVALID, 0),
    ENDS(M64, "ffff", DECODE_INVALID, 0),
    ENDS(M64, "8dc0", DECODE_INVALID, 0), /* LEA of a register */
    ENDS(M64, "8ec8", DECODE_INVALID, 0), /* MOV to CS */

    /* What has a length only. */
    ENDS(M64, "0f1000", DECODE_UNSUPPORTED, 3),           /* MOVUPS */
    ENDS(M64, "660f6f4008", DECODE_UNSUPPORTED, 5),       /* MOVDQA */
    ENDS(M64, "660f3a0fc108", DECODE_UNSUPPORTED, 6),     /* PALIGNR */
    ENDS(M64, "c5f877", DECODE_UNSUPPORTED, 3),           /* VZEROUPPER */
    ENDS(M64, "c5fe6f4020", DECODE_UNSUPPORTED, 5),       /* VMOVDQU */
    ENDS(M64, "c4e37d39c101", DECODE_UNSUPPORTED, 6),     /* VEXTRACTI128 */
    ENDS(M64, "62f17c48104001", DECODE_UNSUPPORTED, 7),   /* VMOVUPS with EVEX */
    ENDS(M32, "c5f877", DECODE_UNSUPPORTED, 3),
    ENDS(M64, "66e800000000", DECODE_UNSUPPORTED, 0),     /* length differs between vendors */
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes are random and filtered by the decoder; then whatever the instruction uses is pointed to where it may:
 * registers are chosen, displacements patched, values put into memory.
 */
#include "native_case.h"

#include <coopvirt/x86.h>
#include <cpuid.h>
#include <string.h>

#define RANDOM_SEED 0x2545f4914f6cdd1d
#define ARITHMETIC_FLAGS                                                                                               \
    (X86_FLAGS_CF | X86_FLAGS_PF | X86_FLAGS_AF | X86_FLAGS_ZF | X86_FLAGS_SF | X86_FLAGS_OF | X86_FLAGS_DF)

uint64_t native_case_random(void)
{
    static uint64_t state = RANDOM_SEED;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* A value as arithmetic likes it: near 0, near a sign, or anything. */
static uint64_t native_case_value(void)
{
    static const uint64_t special[] = {0,          1,         0x7f,       0x80,       0xff,
                                       0x7fff,     0x8000,    0xffff,     0x7fffffff, 0x80000000,
                                       0xffffffff, INT64_MAX, UINT64_MAX, 1ull << 63, 0xaaaaaaaaaaaaaaaa};
    uint64_t choice = native_case_random();
    if (choice & 1)
        return native_case_random();
    if (choice & 2)
        return special[(choice >> 8) % (sizeof(special) / sizeof(special[0]))];
    return native_case_random() >> (choice >> 8 & 63);
}

static uint64_t native_case_mask(unsigned bytes)
{
    return bytes >= 8 ? UINT64_MAX : (1ull << 8 * bytes) - 1;
}

/* `value` in the low bytes of a register, anything above them. */
static uint64_t native_case_mixed(uint64_t value, unsigned bytes)
{
    uint64_t mask = native_case_mask(bytes);
    return (value & mask) | (native_case_random() & ~mask);
}

bool native_case_host_has(enum instruction_operation operation)
{
    unsigned eax, ebx = 0, ecx = 0, edx, extended_ecx = 0, ignored;
    __cpuid(1, eax, ebx, ecx, edx);
    __cpuid(0x80000001, eax, ignored, extended_ecx, edx);
    __cpuid_count(7, 0, eax, ebx, ignored, edx);
    switch (operation) {
    case OPERATION_MOVBE:
        return ecx & bit_MOVBE;
    case OPERATION_POPCNT:
        return ecx & bit_POPCNT;
    case OPERATION_LZCNT:
        return extended_ecx & bit_LZCNT;
    case OPERATION_TZCNT:
        return ebx & bit_BMI;
    default:
        return true;
    }
}

static bool native_case_is_branch(enum instruction_operation operation)
{
    return operation >= OPERATION_JCC && operation <= OPERATION_LOOP;
}

static bool native_case_is_bit_test(const struct instruction *in)
{
    return in->operation >= OPERATION_BT && in->operation <= OPERATION_BTC;
}

/* Whether a process may run it, with what it can aim at the arena. FS is that of the C library's own data; code is not
 * writable. */
static bool native_case_is_runnable(const struct instruction *in)
{
    if (in->operation > OPERATION_LAST_EXECUTED || in->segment_override == SEGMENT_FS)
        return false;
    if (in->operation >= OPERATION_INS && in->operation <= OPERATION_OUT) /* ports */
        return false;
    if (in->has_memory_operand && in->segment == SEGMENT_CS && in->is_write)
        return false;
    return in->base != in->index || in->base == REGISTER_NONE;
}

/* Random bytes that are a runnable instruction. */
static void native_case_draw(struct native_case *out, enum decode_mode mode)
{
    static const uint8_t prefixes[] = {0x66, 0xf2, 0xf3, 0xf3, 0xf0, 0xf0, 0x67, 0x2e, 0x65, 0x26, 0x36, 0x3e};
    uint8_t *bytes = out->bytes;
    for (;;) {
        unsigned position = 0, choice = native_case_random() & 15;
        for (unsigned i = 0; i < sizeof(out->bytes); i++)
            bytes[i] = (uint8_t)(native_case_random() >> 24);
        unsigned count = choice < 7 ? 0 : choice < 13 ? 1 : 2;
        while (count--)
            bytes[position++] = prefixes[native_case_random() % sizeof(prefixes)];
        if (mode == DECODE_MODE_64 && native_case_random() & 1)
            bytes[position++] = 0x40 | (native_case_random() >> 20 & 15);
        unsigned map = native_case_random() & 15;
        if (map > 8)
            bytes[position++] = 0x0f;
        if (map == 15) {
            bytes[position++] = 0x38;
            bytes[position] = 0xf0 | (bytes[position] & 1);
        }
        if (decode_instruction(bytes, 15, mode, &out->instruction) == DECODE_OK &&
            native_case_is_runnable(&out->instruction) && native_case_host_has(out->instruction.operation))
            return;
    }
}

/* Finds the displacement's bytes: the only place whose change shows as that change of displacement. */
static bool native_case_patch_displacement(struct native_case *out, enum decode_mode mode, uint64_t value)
{
    struct instruction *in = &out->instruction;
    unsigned count = in->address_bytes == 2 || !in->has_modrm ? in->address_bytes : 4;
    for (unsigned offset = 1; offset + count <= in->length; offset++) {
        uint8_t changed[16];
        struct instruction other;
        memcpy(changed, out->bytes, sizeof(changed));
        memcpy(changed + offset, &value, count);
        if (decode_instruction(changed, 15, mode, &other) == DECODE_OK && other.length == in->length &&
            other.operation == in->operation && other.base == in->base && other.index == in->index &&
            other.immediate == in->immediate &&
            (((uint64_t)other.displacement ^ value) & native_case_mask(in->address_bytes)) == 0) {
            memcpy(out->bytes, changed, sizeof(changed));
            *in = other;
            return true;
        }
    }
    return false;
}

/* The offset of a linear address in a segment; false where it cannot be named in so many bytes. */
static bool native_case_offset(const struct native_case *tried, unsigned segment, unsigned bytes, uint64_t linear,
                               uint64_t *offset)
{
    bool is_long = tried->before.mode == DECODE_MODE_64;
    uint64_t base = is_long && segment < SEGMENT_FS ? 0 : tried->before.segment_base[segment];
    *offset = is_long && bytes == 8 ? linear - base : (uint32_t)(linear - base);
    return bytes > 2 || *offset <= 0xffff;
}

/* Points the memory operand at `target`. */
static bool native_case_aim(struct native_case *out, uint64_t target)
{
    struct instruction *in = &out->instruction;
    uint64_t *general = out->before.general, offset;
    if (native_case_is_bit_test(in) && in->operands[1].kind == OPERAND_REGISTER) {
        unsigned number = in->operands[1].number;
        if (number == in->base || number == in->index)
            return false;
        general[number] = (uint64_t)(int64_t)(int16_t)native_case_random();
    }
    if (!native_case_offset(out, in->segment, in->address_bytes, target, &offset))
        return false;
    if (in->index != REGISTER_NONE)
        offset -= general[in->index] * in->scale;
    if (in->base == REGISTER_RIP)
        offset -= out->before.rip + in->length;
    if (in->base == REGISTER_RIP || in->base == REGISTER_NONE)
        return native_case_patch_displacement(out, out->before.mode, offset);
    general[in->base] = native_case_mixed(offset - (uint64_t)in->displacement, in->address_bytes);
    return true;
}

static bool native_case_aim_strings(struct native_case *out)
{
    const struct instruction *in = &out->instruction;
    uint64_t *general = out->before.general, source, target, any = native_case_random();
    if (!native_case_offset(out, in->segment, in->address_bytes, native_cpu_target() + (any & 0x3ff), &source) ||
        !native_case_offset(out, SEGMENT_ES, in->address_bytes, native_cpu_target() + (any >> 10 & 0x3ff), &target))
        return false;
    general[REGISTER_RSI] = native_case_mixed(source, in->address_bytes);
    general[REGISTER_RDI] = native_case_mixed(target, in->address_bytes);
    general[REGISTER_RCX] = native_case_mixed(native_case_random() % 40, in->address_bytes);
    return true;
}

static unsigned native_case_stack_bytes(const struct native_case *tried)
{
    return tried->before.mode == DECODE_MODE_64 ? 8 : tried->before.stack_bytes;
}

static bool native_case_aim_stack(struct native_case *out)
{
    unsigned bytes = native_case_stack_bytes(out);
    uint64_t offset;
    if (!native_case_offset(out, SEGMENT_SS, bytes, native_cpu_target() + (native_case_random() & 0x3ff), &offset))
        return false;
    out->before.general[REGISTER_RSP] = native_case_mixed(offset, bytes);
    if (out->instruction.operation == OPERATION_LEAVE)
        out->before.general[REGISTER_RBP] = native_case_mixed(offset ^ 64, bytes);
    return true;
}

/* The table of XLAT; the count of LOOP, which ends now and then. */
static bool native_case_aim_implied(struct native_case *out)
{
    const struct instruction *in = &out->instruction;
    uint64_t *general = out->before.general, offset;
    if (in->operation == OPERATION_LOOP)
        general[REGISTER_RCX] = native_case_mixed(native_case_random() % 3, in->address_bytes);
    if (in->operation != OPERATION_XLAT)
        return true;
    if (!native_case_offset(out, in->segment, in->address_bytes, native_cpu_target(), &offset))
        return false;
    general[REGISTER_RBX] = native_case_mixed(offset, in->address_bytes);
    return true;
}

/* Sends a branch to the pad: by its displacement, the stack, the register or the memory that says where. */
static bool native_case_aim_branch(struct native_case *out, const struct native_cpu_setting *setting)
{
    const struct instruction *in = &out->instruction;
    const struct instruction_operand *where = &in->operands[0];
    struct emulate_registers *before = &out->before;
    unsigned bytes = before->mode == DECODE_MODE_64 ? 8 : in->operand_bytes;
    uint64_t distance = setting->pad - setting->rip - in->length;
    if (bytes == 2 && setting->pad > 0xffff)
        return false;
    if (where->kind == OPERAND_RELATIVE) {
        memcpy(out->bytes + in->length - where->bytes, &distance, where->bytes);
        return decode_instruction(out->bytes, 15, before->mode, &out->instruction) == DECODE_OK;
    }
    if (where->kind == OPERAND_REGISTER) {
        before->general[where->number] = native_case_mixed(setting->pad, bytes);
        return where->number != REGISTER_RSP;
    }
    uint64_t at =
        where->kind == OPERAND_MEMORY
            ? emulate_operand_address(before, in)
            : emulate_linear_address(before, SEGMENT_SS,
                                     before->general[REGISTER_RSP] & native_case_mask(native_case_stack_bytes(out)));
    return native_cpu_poke(at, bytes, setting->pad);
}

/* Comparands that are equal now and then. */
static void native_case_make_equal(struct native_case *out)
{
    const struct instruction *in = &out->instruction;
    uint64_t old[2] = {0}, *general = out->before.general;
    bool uses_accumulator =
        in->base == REGISTER_RAX || in->index == REGISTER_RAX || in->base == REGISTER_RDX || in->index == REGISTER_RDX;
    if (!in->has_memory_operand || uses_accumulator || native_case_random() & 1)
        return;
    const uint8_t *memory = native_cpu_memory(emulate_operand_address(&out->before, in), 16);
    if (!memory)
        return;
    memcpy(old, memory, 16);
    bool pair = in->operation == OPERATION_CMPXCHG8B;
    general[REGISTER_RAX] = pair && in->operands[0].bytes == 8 ? (uint32_t)old[0] : old[0];
    if (pair)
        general[REGISTER_RDX] = in->operands[0].bytes == 8 ? old[0] >> 32 : old[1];
}

/* The state before the instruction. False: this one cannot be aimed. */
static bool native_case_prepare(struct native_case *out, const struct native_cpu_setting *setting)
{
    struct instruction *in = &out->instruction;
    struct emulate_registers *before = &out->before;
    *before = (struct emulate_registers){
        .mode = setting->mode, .rip = setting->rip, .stack_bytes = setting->stack_bytes, .cpl = 3};
    memcpy(before->segment_base, setting->segment_base, sizeof(before->segment_base));
    for (unsigned i = 0; i < 16; i++)
        before->general[i] = native_case_value();
    before->rflags = X86_FLAGS_ONE | X86_FLAGS_IF | (native_case_random() & ARITHMETIC_FLAGS);
    if (!native_case_aim_stack(out) || !native_case_aim_implied(out))
        return false;
    if (in->operation >= OPERATION_MOVS && in->operation <= OPERATION_SCAS && !native_case_aim_strings(out))
        return false;
    if ((in->operation == OPERATION_DIV || in->operation == OPERATION_IDIV) && native_case_random() & 1)
        before->general[REGISTER_RDX] =
            native_case_random() & 1 ? 0 : native_case_random() >> (native_case_random() & 63);
    uint64_t target = native_cpu_target() + (native_case_random() & 0x3ff);
    if (in->operation == OPERATION_CMPXCHG8B && native_case_random() & 7)
        target &= ~15ull;
    if (in->has_memory_operand && !native_case_aim(out, target))
        return false;
    if (native_case_is_branch(in->operation) && !native_case_aim_branch(out, setting))
        return false;
    if (in->operation == OPERATION_CMPXCHG || in->operation == OPERATION_CMPXCHG8B)
        native_case_make_equal(out);
    return true;
}

void native_case_next(struct native_case *out, const struct native_cpu_setting *setting)
{
    do
        native_case_draw(out, setting->mode);
    while (!native_case_prepare(out, setting) || native_case_has_undefined_result(out));
    if (setting->mode != DECODE_MODE_64)
        for (unsigned i = 0; i < 16; i++)
            out->before.general[i] &= UINT32_MAX;
}

uint64_t native_case_undefined_flags(const struct native_case *tried)
{
    const struct instruction *in = &tried->instruction;
    unsigned bits = 8 * in->operand_bytes, count = 0;
    if (in->operands[1].kind == OPERAND_IMMEDIATE)
        count = in->immediate & (bits == 64 ? 63 : 31);
    else if (in->operands[1].kind == OPERAND_REGISTER)
        count = tried->before.general[REGISTER_RCX] & (bits == 64 ? 63 : 31);
    uint64_t overflow = count > 1 ? X86_FLAGS_OF : 0;
    switch (in->operation) {
    case OPERATION_AND:
    case OPERATION_OR:
    case OPERATION_XOR:
    case OPERATION_TEST:
        return X86_FLAGS_AF;
    case OPERATION_ROL ... OPERATION_RCR:
        return overflow;
    case OPERATION_SHL ... OPERATION_SAR:
        return count ? overflow | X86_FLAGS_AF | (count > bits ? X86_FLAGS_CF : 0) : 0;
    case OPERATION_SHLD:
    case OPERATION_SHRD:
        return ARITHMETIC_FLAGS & (X86_FLAGS_AF | X86_FLAGS_OF | (bits == 16 ? ~X86_FLAGS_DF : 0));
    case OPERATION_MUL:
    case OPERATION_IMUL:
    case OPERATION_IMUL_TRUNCATE:
        return X86_FLAGS_SF | X86_FLAGS_ZF | X86_FLAGS_AF | X86_FLAGS_PF;
    case OPERATION_DIV:
    case OPERATION_IDIV:
        return ARITHMETIC_FLAGS & ~X86_FLAGS_DF;
    case OPERATION_BT ... OPERATION_BTC:
        return X86_FLAGS_OF | X86_FLAGS_SF | X86_FLAGS_AF | X86_FLAGS_PF;
    case OPERATION_BSF:
    case OPERATION_BSR:
        return ARITHMETIC_FLAGS & ~(X86_FLAGS_DF | X86_FLAGS_ZF);
    case OPERATION_TZCNT:
    case OPERATION_LZCNT:
        return X86_FLAGS_OF | X86_FLAGS_SF | X86_FLAGS_AF | X86_FLAGS_PF;
    default:
        return 0;
    }
}

bool native_case_has_undefined_result(const struct native_case *tried)
{
    const struct instruction *in = &tried->instruction;
    if (in->operation == OPERATION_BSWAP)
        return in->operand_bytes == 2;
    if (in->operation != OPERATION_SHLD && in->operation != OPERATION_SHRD)
        return false;
    uint64_t count = in->operands[2].kind == OPERAND_IMMEDIATE ? in->immediate : tried->before.general[REGISTER_RCX];
    return in->operand_bytes == 2 && (count & 31) > 16;
}

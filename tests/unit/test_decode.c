/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decoder against a table of encodings, against truncation at every byte, and against Zydis
 * on random byte strings in all three modes.
 */
#include "emulate/decode.h"

#include <Zydis/Zydis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/decode_encodings.h"
#include "data/decode_names.h"
#include "suite.h"

#define RANDOM_STRINGS 1000000 /* in 64-bit mode; half as many in each of the others */
#define RANDOM_SEED    0x9e3779b97f4a7c15
#define STRING_BYTES   20

static uint64_t random_state;

static uint64_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static unsigned parse_hexadecimal(const char *text, uint8_t *bytes)
{
    unsigned count = strlen(text) / 2;
    for (unsigned i = 0; i < count; i++) {
        char digits[3] = {text[2 * i], text[2 * i + 1], 0};
        bytes[i] = strtoul(digits, NULL, 16);
    }
    return count;
}

/* Decodes from an allocation of exactly that size, so that ASan sees a read past the end. */
static enum decode_status decode_exactly(const uint8_t *bytes, unsigned count, enum decode_mode mode,
                                         struct instruction *out)
{
    uint8_t *copy = malloc(count ? count : 1);
    memcpy(copy, bytes, count);
    enum decode_status status = decode_instruction(count ? copy : copy + 1, count, mode, out);
    free(copy);
    return status;
}

START_TEST(test_encodings)
{
    const struct decode_encoding *row = &decode_encodings[_i];
    uint8_t bytes[32];
    unsigned count = parse_hexadecimal(row->bytes, bytes);
    struct instruction in;
    enum decode_status status = decode_exactly(bytes, count, row->mode, &in);
    ck_assert_msg(status == row->status, "%s: status %d", row->bytes, status);
    ck_assert_msg(in.length == row->length, "%s: length %u", row->bytes, in.length);
    if (status != DECODE_OK)
        return;
    ck_assert_msg(in.operation == row->operation, "%s: operation %u", row->bytes, in.operation);
    ck_assert_msg(in.operand_bytes == row->operand_bytes, "%s: operand size %u", row->bytes, in.operand_bytes);
    ck_assert_msg(in.base == row->base && in.index == row->index && in.scale == row->scale, "%s: address %u + %u * %u",
                  row->bytes, in.base, in.index, in.scale);
    ck_assert_msg(in.displacement == row->displacement, "%s: displacement %#lx", row->bytes, in.displacement);
    ck_assert_msg(in.immediate == row->immediate, "%s: immediate %#lx", row->bytes, in.immediate);
}
END_TEST

/* Cut short anywhere, an instruction that is legal is truncated, and nothing past the cut is read. */
START_TEST(test_truncated)
{
    const struct decode_encoding *row = &decode_encodings[_i];
    uint8_t bytes[32];
    parse_hexadecimal(row->bytes, bytes);
    if (row->status == DECODE_INVALID || row->length == 0)
        return;
    for (unsigned count = 0; count < row->length; count++) {
        struct instruction in;
        enum decode_status status = decode_exactly(bytes, count, row->mode, &in);
        ck_assert_msg(status == DECODE_TRUNCATED, "%s: status %d with %u bytes", row->bytes, status, count);
    }
}
END_TEST

/* The short way agrees with the long way, wherever it has an answer. */
START_TEST(test_length_fixed)
{
    const struct decode_encoding *row = &decode_encodings[_i];
    uint8_t bytes[32];
    unsigned count = parse_hexadecimal(row->bytes, bytes);
    if (row->status != DECODE_OK)
        return;
    for (unsigned operation = 1; operation < OPERATION_COUNT; operation++) {
        unsigned length = decode_length_fixed(bytes, count, row->mode, operation);
        bool same = operation == row->operation;
        bool twins = (operation == OPERATION_WBINVD && row->operation == OPERATION_WBNOINVD) ||
                     (operation == OPERATION_WBNOINVD && row->operation == OPERATION_WBINVD) ||
                     (operation == OPERATION_PAUSE && bytes[count - 1] == 0x90);
        ck_assert_msg(length == 0 || ((same || twins) && length == row->length), "%s as %u: %u", row->bytes, operation,
                      length);
    }
}
END_TEST

START_TEST(test_length_fixed_knows)
{
    static const enum instruction_operation named[] = {
        OPERATION_CPUID,  OPERATION_HLT,   OPERATION_RDMSR,  OPERATION_WRMSR,   OPERATION_RDTSC,
        OPERATION_RDTSCP, OPERATION_RDPMC, OPERATION_VMCALL, OPERATION_VMMCALL, OPERATION_MOV_FROM_CR,
        OPERATION_CLTS,   OPERATION_INVD,  OPERATION_WBINVD, OPERATION_XSETBV,  OPERATION_MOV_TO_CR,
        OPERATION_PAUSE,  OPERATION_CLGI,  OPERATION_VMRUN,  OPERATION_MONITOR, OPERATION_MOV_TO_DR,
        OPERATION_MWAIT,  OPERATION_ICEBP, OPERATION_IRET,   OPERATION_POPF,    OPERATION_PUSHF,
    };
    for (unsigned i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        bool found = false;
        for (unsigned row = 0; row < sizeof(decode_encodings) / sizeof(decode_encodings[0]); row++) {
            uint8_t bytes[32] = {0};
            unsigned count = parse_hexadecimal(decode_encodings[row].bytes, bytes);
            if (decode_encodings[row].status != DECODE_OK || decode_encodings[row].operation != named[i])
                continue;
            found = true;
            for (unsigned available = 0; available <= sizeof(bytes); available++) {
                unsigned length = decode_length_fixed(bytes, available, decode_encodings[row].mode, named[i]);
                unsigned expected = available < count ? 0 : count;
                ck_assert_msg(length == expected, "%s: %u of %u", decode_encodings[row].bytes, length, available);
            }
        }
        ck_assert_msg(found, "no encoding of operation %u in the table", named[i]);
    }
}
END_TEST

static bool name_matches(const char *list, const char *name)
{
    while (list && *list) {
        size_t length = strcspn(list, " ");
        bool any = list[length - 1] == '*';
        if (any ? !strncmp(list, name, length - 1) : strlen(name) == length && !strncmp(list, name, length))
            return true;
        list += length + (list[length] == ' ');
    }
    return false;
}

/* A byte string of which many are instructions: prefixes, perhaps a REX, an opcode, then noise. */
static void random_string(uint8_t *bytes, enum decode_mode mode)
{
    static const uint8_t prefixes[] = {0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x26, 0x36, 0x3e, 0x64, 0x65, 0x66};
    static const uint8_t small_displacements[] = {0, 1, 4, 0x7f, 0x80, 0xff};
    unsigned position = 0, choice = random_next() & 15;
    for (unsigned i = 0; i < STRING_BYTES; i++)
        bytes[i] = random_next() >> 24;
    unsigned count = choice < 8 ? 0 : choice < 12 ? 1 : choice < 14 ? 2 : random_next() % 6;
    while (count--)
        bytes[position++] = prefixes[random_next() % sizeof(prefixes)];
    if (mode == DECODE_MODE_64 && random_next() % 3 == 0)
        bytes[position++] = 0x40 | (random_next() >> 20 & 15);
    unsigned map = random_next() % 16;
    if (map >= 6)
        bytes[position++] = 0x0f;
    if (map >= 14)
        bytes[position++] = map == 14 ? 0x38 : 0x3a;
    position++; /* the opcode as it is, and ModRM */
    if (random_next() & 1)
        bytes[position + 1] = small_displacements[random_next() % sizeof(small_displacements)];
}

static unsigned register_number(ZydisRegister name)
{
    if (name == ZYDIS_REGISTER_NONE)
        return REGISTER_NONE;
    if (name == ZYDIS_REGISTER_RIP || name == ZYDIS_REGISTER_EIP)
        return REGISTER_RIP;
    return ZydisRegisterGetId(name);
}

static const char *string_of(const uint8_t *bytes)
{
    static char text[2 * STRING_BYTES + 1];
    for (unsigned i = 0; i < STRING_BYTES; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return text;
}

/* ck_assert_msg sends a message to its parent for every check that passes: too dear for millions. */
#define CHECK(holds, ...)                                                                                              \
    do {                                                                                                               \
        if (!(holds))                                                                                                  \
            ck_abort_msg(__VA_ARGS__);                                                                                 \
    } while (0)

/* LEA has no segment; before a branch Zydis takes 3E for NOTRACK. */
static bool segment_counts(const struct instruction *in)
{
    return in->operation != OPERATION_LEA && in->operation != OPERATION_CALL && in->operation != OPERATION_JMP;
}

static void compare_memory(const uint8_t *bytes, const struct instruction *in, const ZydisDecodedOperand *operand)
{
    const ZydisDecodedOperandMem *memory = &operand->mem;
    uint64_t displacement = memory->disp.has_displacement ? memory->disp.value : 0;
    if (!in->has_modrm) /* an absolute address, of which Zydis extends the sign */
        displacement &= UINT64_MAX >> (64 - 8 * in->address_bytes);
    unsigned base = register_number(memory->base);
    /* Zydis 4.0 reads a SIB without base, with REX.B and 32-bit addresses, as R13D without displacement. */
    if (memory->base == ZYDIS_REGISTER_R13D && in->mod == 0) {
        base = REGISTER_NONE;
        displacement = in->displacement;
    }
    bool same = in->base == base && in->index == register_number(memory->index) &&
                (in->index == REGISTER_NONE || in->scale == memory->scale) &&
                (uint64_t)in->displacement == displacement &&
                (!segment_counts(in) || in->segment == (unsigned)ZydisRegisterGetId(memory->segment));
    CHECK(same, "%s: address %u + %u * %u + %#lx in %u", string_of(bytes), in->base, in->index, in->scale,
          in->displacement, in->segment);
    for (unsigned i = 0; i < INSTRUCTION_OPERANDS; i++)
        if (in->operands[i].kind == OPERAND_MEMORY && in->operands[i].bytes && in->operation != OPERATION_NOP)
            CHECK(in->operands[i].bytes * 8 == operand->size, "%s: memory operand of %u bytes, not %u bits",
                  string_of(bytes), in->operands[i].bytes, operand->size);
    /* Zydis has these read memory, of which only the address counts. */
    if (in->operation == OPERATION_NOP || in->operation == OPERATION_INVLPG || in->operation == OPERATION_INVPCID ||
        in->operation == OPERATION_INVEPT || in->operation == OPERATION_INVVPID)
        return;
    bool reads = operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ;
    bool writes = operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE;
    if (operand->mem.type == ZYDIS_MEMOP_TYPE_MEM)
        CHECK(in->is_read == reads && in->is_write == writes, "%s: read %d write %d", string_of(bytes), in->is_read,
              in->is_write);
}

static void compare_operands(const uint8_t *bytes, const struct instruction *in, const ZydisDecodedInstruction *zydis,
                             const ZydisDecodedOperand *theirs)
{
    for (unsigned i = 0; i < zydis->operand_count_visible && i < INSTRUCTION_OPERANDS; i++) {
        const struct instruction_operand *operand = &in->operands[i];
        if (in->has_memory_operand && operand->kind == OPERAND_MEMORY) {
            compare_memory(bytes, in, &theirs[i]);
        } else if (operand->kind == OPERAND_REGISTER && theirs[i].type == ZYDIS_OPERAND_TYPE_REGISTER) {
            unsigned number = ZydisRegisterGetId(theirs[i].reg.value);
            if (theirs[i].size == 8 && number >= 4) /* Zydis numbers SPL on from AH */
                number = number >= 8 ? number - 4 : number;
            bool movsxd = in->opcode_map == 0 && in->opcode == 0x63; /* its 16-bit form differs between manuals */
            CHECK(operand->number == number && (movsxd || operand->bytes * 8 == theirs[i].size),
                  "%s: operand %u is register %u of %u bytes", string_of(bytes), i, operand->number, operand->bytes);
        } else if (operand->kind == OPERAND_IMMEDIATE && theirs[i].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
            uint64_t mask = operand->bytes >= 8 ? UINT64_MAX : (1ull << operand->bytes * 8) - 1;
            CHECK((in->immediate & mask) == (theirs[i].imm.value.u & mask), "%s: immediate %#lx, not %#lx",
                  string_of(bytes), in->immediate, theirs[i].imm.value.u);
        }
    }
}

static bool compare_one(const ZydisDecoder *decoder, const uint8_t *bytes, enum decode_mode mode)
{
    struct instruction in;
    ZydisDecodedInstruction zydis;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    enum decode_status status = decode_instruction(bytes, STRING_BYTES, mode, &in);
    bool known = ZYAN_SUCCESS(ZydisDecoderDecodeFull(decoder, bytes, STRING_BYTES, &zydis, operands));
    CHECK(status != DECODE_TRUNCATED, "%s: truncated", string_of(bytes));
    if (status == DECODE_OK && in.lock &&
        (in.operation == OPERATION_MOV_FROM_CR || in.operation == OPERATION_MOV_TO_CR))
        return false; /* AMD's CR8, which Zydis does not know */
    CHECK(status != DECODE_OK || known, "%s: operation %u, Zydis has none", string_of(bytes), in.operation);
    if (!known)
        return false;
    const char *name = ZydisMnemonicGetString(zydis.mnemonic);
    if (!strncmp(name, "jk", 2)) /* a coprocessor's own branches (Knights Corner) */
        return false;
    CHECK(status != DECODE_INVALID, "%s: invalid, Zydis has %s", string_of(bytes), name);
    if (in.length)
        CHECK(in.length == zydis.length, "%s: length %u, Zydis has %s with %u", string_of(bytes), in.length, name,
              zydis.length);
    if (status != DECODE_OK)
        return false;
    CHECK(name_matches(decode_names[in.operation], name), "%s: operation %u, Zydis has %s", string_of(bytes),
          in.operation, name);
    compare_operands(bytes, &in, &zydis, operands);
    return true;
}

START_TEST(test_zydis)
{
    static const ZydisMachineMode modes[] = {ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_MACHINE_MODE_LEGACY_32,
                                             ZYDIS_MACHINE_MODE_LONG_64};
    static const ZydisStackWidth widths[] = {ZYDIS_STACK_WIDTH_16, ZYDIS_STACK_WIDTH_32, ZYDIS_STACK_WIDTH_64};
    enum decode_mode mode = _i;
    ZydisDecoder decoder;
    ck_assert(ZYAN_SUCCESS(ZydisDecoderInit(&decoder, modes[mode], widths[mode])));
    random_state = RANDOM_SEED + mode;
    unsigned decoded = 0, strings = mode == DECODE_MODE_64 ? RANDOM_STRINGS : RANDOM_STRINGS / 2;
    for (unsigned i = 0; i < strings; i++) {
        uint8_t bytes[STRING_BYTES];
        random_string(bytes, mode);
        decoded += compare_one(&decoder, bytes, mode);
    }
    /* A generator that only makes garbage would prove nothing. */
    ck_assert_uint_gt(decoded, strings / 4);
}
END_TEST

int main(void)
{
    int rows = sizeof(decode_encodings) / sizeof(decode_encodings[0]);
    Suite *suite = suite_create("decode");
    TCase *table = tcase_create("table");
    tcase_add_loop_test(table, test_encodings, 0, rows);
    tcase_add_loop_test(table, test_truncated, 0, rows);
    tcase_add_loop_test(table, test_length_fixed, 0, rows);
    tcase_add_test(table, test_length_fixed_knows);
    suite_add_tcase(suite, table);
    TCase *zydis = tcase_create("zydis");
    tcase_set_timeout(zydis, 60);
    tcase_add_loop_test(zydis, test_zydis, 0, 3);
    suite_add_tcase(suite, zydis);
    return suite_main(suite);
}

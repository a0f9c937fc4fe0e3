/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counting plugin's classes of instructions: the markers, and every other class against Zydis on
 * random bytes.
 */
#include "instruction_class.h"

#include "coopbench.h"
#include "suite.h"

#include <Zydis/Zydis.h>
#include <string.h>

#define TEST_ROUNDS 1000000

static void marker_nop(uint8_t bytes[7], uint32_t number)
{
    bytes[0] = 0x0f;
    bytes[1] = 0x1f;
    bytes[2] = 0x80;
    memcpy(bytes + 3, &number, sizeof(number));
}

START_TEST(test_markers)
{
    uint8_t bytes[7];

    marker_nop(bytes, COOPBENCH_NOP_BEGIN);
    ck_assert_int_eq(instruction_class_of(bytes, 7), INSTRUCTION_MARKER_BEGIN);
    marker_nop(bytes, COOPBENCH_NOP_END);
    ck_assert_int_eq(instruction_class_of(bytes, 7), INSTRUCTION_MARKER_END);
    ck_assert_int_eq(instruction_class_of(bytes, 6), INSTRUCTION_CLASSES);
    marker_nop(bytes, 0);
    ck_assert_int_eq(instruction_class_of(bytes, 7), INSTRUCTION_CLASSES);
}
END_TEST

static enum instruction_class class_by_zydis(const ZydisDecodedInstruction *instruction,
                                             const ZydisDecodedOperand *operands)
{
    switch (instruction->mnemonic) {
    case ZYDIS_MNEMONIC_VMRUN:
        return INSTRUCTION_VMRUN;
    case ZYDIS_MNEMONIC_VMMCALL:
        return INSTRUCTION_VMMCALL;
    case ZYDIS_MNEMONIC_VMCALL:
        return INSTRUCTION_VMCALL;
    case ZYDIS_MNEMONIC_VMLOAD:
        return INSTRUCTION_VMLOAD;
    case ZYDIS_MNEMONIC_VMSAVE:
        return INSTRUCTION_VMSAVE;
    case ZYDIS_MNEMONIC_STGI:
        return INSTRUCTION_STGI;
    case ZYDIS_MNEMONIC_CLGI:
        return INSTRUCTION_CLGI;
    case ZYDIS_MNEMONIC_INVLPG:
        return INSTRUCTION_INVLPG;
    case ZYDIS_MNEMONIC_INVLPGA:
        return INSTRUCTION_INVLPGA;
    case ZYDIS_MNEMONIC_CPUID:
        return INSTRUCTION_CPUID;
    case ZYDIS_MNEMONIC_RDMSR:
        return INSTRUCTION_RDMSR;
    case ZYDIS_MNEMONIC_WRMSR:
        return INSTRUCTION_WRMSR;
    case ZYDIS_MNEMONIC_HLT:
        return INSTRUCTION_HLT;
    case ZYDIS_MNEMONIC_SYSCALL:
        return INSTRUCTION_SYSCALL;
    case ZYDIS_MNEMONIC_SYSRET:
        return INSTRUCTION_SYSRET;
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
    case ZYDIS_MNEMONIC_IRETQ:
        return INSTRUCTION_IRET;
    case ZYDIS_MNEMONIC_IN:
        return INSTRUCTION_IN;
    case ZYDIS_MNEMONIC_OUT:
        return INSTRUCTION_OUT;
    case ZYDIS_MNEMONIC_MOV:
        if (operands[0].type != ZYDIS_OPERAND_TYPE_REGISTER)
            return INSTRUCTION_CLASSES;
        return operands[0].reg.value == ZYDIS_REGISTER_CR0   ? INSTRUCTION_WRITE_CR0
               : operands[0].reg.value == ZYDIS_REGISTER_CR3 ? INSTRUCTION_WRITE_CR3
               : operands[0].reg.value == ZYDIS_REGISTER_CR4 ? INSTRUCTION_WRITE_CR4
                                                             : INSTRUCTION_CLASSES;
    default:
        return INSTRUCTION_CLASSES;
    }
}

/* Random bytes that often begin as one of our classes does. */
static void random_bytes(uint8_t bytes[16], uint64_t *state)
{
    static const uint8_t first[] = {0x0f, 0x0f, 0x0f, 0xf4, 0xcf, 0xe4, 0xee, 0x48, 0x44, 0x66, 0xf0, 0xf3};
    static const uint8_t second[] = {0x01, 0x01, 0x22, 0xa2, 0x32, 0x30, 0x05, 0x07, 0x0f, 0xcf};

    for (int i = 0; i < 16; i++) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        bytes[i] = (uint8_t)(*state >> 56);
    }
    if (bytes[15] & 1)
        bytes[0] = first[bytes[14] % sizeof(first)];
    if (bytes[15] & 2)
        bytes[1] = second[bytes[13] % sizeof(second)];
    if ((bytes[15] & 4) && (bytes[0] == 0x48 || bytes[0] == 0x44 || bytes[0] == 0x66) && bytes[1] == 0x0f)
        bytes[2] = second[bytes[12] % sizeof(second)];
}

START_TEST(test_against_zydis)
{
    ZydisDecoder decoder;
    uint64_t state = 1;
    unsigned classified = 0;

    ck_assert(ZYAN_SUCCESS(ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)));
    for (unsigned round = 0; round < TEST_ROUNDS; round++) {
        ZydisDecodedInstruction instruction;
        ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
        enum instruction_class found, wanted;
        uint8_t bytes[16];

        random_bytes(bytes, &state);
        if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes, 15, &instruction, operands)))
            continue;
        found = instruction_class_of(bytes, instruction.length);
        wanted = class_by_zydis(&instruction, operands);
        ck_assert_msg(found == wanted, "%02x %02x %02x %02x %02x (%s): class %d, not %d", bytes[0], bytes[1], bytes[2],
                      bytes[3], bytes[4], ZydisMnemonicGetString(instruction.mnemonic), (int)found, (int)wanted);
        classified += wanted != INSTRUCTION_CLASSES;
    }
    ck_assert_uint_gt(classified, TEST_ROUNDS / 50);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("instruction_class");
    TCase *cases = tcase_create("instruction_class");

    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_markers);
    tcase_add_test(cases, test_against_zydis);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}

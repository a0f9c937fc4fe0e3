/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The executor against the host's CPU, in 64-, 32- and 16-bit code: random instructions with random registers, flags,
 * segments and memory are executed and, from the same state, run natively; all that they leave is compared. Ports,
 * faults and limits, which a process cannot show, are tried in test_execute_world.c.
 */
#include "native_case.h"
#include "suite.h"

#include <coopvirt/x86.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define RUNS        100000 /* in each mode */
#define RUNS_EACH   64     /* with the same segments */
#define ENOUGH_RUNS 10     /* of an operation */
#define ARITHMETIC_FLAGS                                                                                               \
    (X86_FLAGS_CF | X86_FLAGS_PF | X86_FLAGS_AF | X86_FLAGS_ZF | X86_FLAGS_SF | X86_FLAGS_OF | X86_FLAGS_DF)

#define CHECK(holds, ...)                                                                                              \
    do {                                                                                                               \
        if (!(holds))                                                                                                  \
            ck_abort_msg(__VA_ARGS__);                                                                                 \
    } while (0)

static const char *describe(const struct native_case *tried)
{
    static char text[120];
    unsigned length = tried->instruction.length;
    for (unsigned i = 0; i < length; i++)
        snprintf(text + 2 * i, 3, "%02x", tried->bytes[i]);
    snprintf(text + 2 * length, sizeof(text) - 2 * length, " (operation %u, mode %u, stack of %u)",
             tried->instruction.operation, tried->before.mode, tried->before.stack_bytes);
    return text;
}

/* Outside 64-bit mode the upper halves and the upper eight registers are nobody's. */
static void compare_registers(const struct native_case *tried, const struct emulate_registers *emulated,
                              const struct emulate_registers *native)
{
    bool is_long = tried->before.mode == DECODE_MODE_64;
    uint64_t mask = is_long ? UINT64_MAX : UINT32_MAX;
    for (unsigned i = 0; i < (is_long ? 16 : 8); i++)
        CHECK(((emulated->general[i] ^ native->general[i]) & mask) == 0,
              "%s: register %u is %#lx, the CPU has %#lx, from %#lx", describe(tried), i, emulated->general[i],
              native->general[i], tried->before.general[i]);
    CHECK(emulated->rip == native->rip, "%s: RIP %#lx, the CPU has %#lx, from %#lx", describe(tried), emulated->rip,
          native->rip, tried->before.rip);
    uint64_t flags = ARITHMETIC_FLAGS & ~native_case_undefined_flags(tried);
    CHECK(((emulated->rflags ^ native->rflags) & flags) == 0, "%s: flags %#lx, the CPU has %#lx, from %#lx",
          describe(tried), emulated->rflags & ARITHMETIC_FLAGS, native->rflags & ARITHMETIC_FLAGS,
          tried->before.rflags & ARITHMETIC_FLAGS);
}

/* Whether it may have missed the arena (a bit number reaches far, a stack pointer moves, no 64-bit displacement names
 * what lies below GS), or is the vendor's affair: near branches with 66 in 64-bit code, LOOP with a repeat prefix. */
static bool may_be_refused(const struct native_case *tried)
{
    const struct instruction *in = &tried->instruction;
    bool is_long = tried->before.mode == DECODE_MODE_64;
    bool is_bit_test = in->operation >= OPERATION_BT && in->operation <= OPERATION_BTC;
    return (is_bit_test && in->operands[1].kind == OPERAND_REGISTER) || in->base == REGISTER_RSP ||
           (in->operation == OPERATION_LOOP && (in->rep || in->repne)) ||
           (is_long && (in->operand_override || in->segment_override == SEGMENT_GS));
}

static void compare_with_cpu(const struct native_case *tried, const struct native_cpu_setting *setting, unsigned *seen)
{
    struct emulate_registers emulated = tried->before, native = tried->before;
    struct emulate_fault fault = {0};
    const struct instruction *in = &tried->instruction;
    enum emulate_status status = emulate_execute(&emulated, in, &native_cpu_world, &fault);
    if (status == EMULATE_UNSUPPORTED) {
        CHECK(may_be_refused(tried), "%s: refused", describe(tried));
        return;
    }
    int number = native_cpu_run(setting, &native, tried->bytes, in->length);
    seen[in->operation]++;
    if (number || status != EMULATE_DONE) {
        int vector = number == SIGFPE ? X86_VECTOR_DE : number == SIGSEGV ? X86_VECTOR_GP : -1;
        CHECK(status == EMULATE_FAULT && fault.vector == vector, "%s: status %d vector %u, the CPU has signal %d",
              describe(tried), status, fault.vector, number);
        CHECK(memcmp(&emulated, &tried->before, sizeof(emulated)) == 0, "%s: a fault changed registers",
              describe(tried));
        return;
    }
    compare_registers(tried, &emulated, &native);
    CHECK(native_cpu_memory_is_equal(), "%s: memory differs", describe(tried));
}

static bool is_port(enum instruction_operation operation)
{
    return operation >= OPERATION_INS && operation <= OPERATION_OUT;
}

static bool is_known(enum decode_mode mode, enum instruction_operation operation)
{
    bool is_legacy = operation == OPERATION_PUSHA || operation == OPERATION_POPA;
    return !is_port(operation) && native_case_host_has(operation) && !(is_legacy && mode == DECODE_MODE_64);
}

static void compare_mode(enum decode_mode mode)
{
    unsigned seen[OPERATION_COUNT] = {0};
    struct native_cpu_setting setting = {0};
    struct native_case tried;
    bool has_segments = native_cpu_start(native_case_random);
    for (unsigned i = 0; i < RUNS; i++) {
        if (i % RUNS_EACH == 0 && !native_cpu_set(&setting, mode)) {
            printf("not run: 16-bit code, because this process may not have segments of its own\n");
            return;
        }
        native_case_next(&tried, &setting);
        compare_with_cpu(&tried, &setting, seen);
    }
    if (!has_segments)
        printf("run in flat segments, because this process may not have its own\n");
    for (unsigned operation = 1; operation <= OPERATION_LAST_EXECUTED; operation++)
        CHECK(seen[operation] > ENOUGH_RUNS || !is_known(mode, operation), "operation %u was run %u times only",
              operation, seen[operation]);
}

START_TEST(test_code_64)
{
    compare_mode(DECODE_MODE_64);
}
END_TEST

START_TEST(test_code_32)
{
    compare_mode(DECODE_MODE_32);
}
END_TEST

START_TEST(test_code_16)
{
    compare_mode(DECODE_MODE_16);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("execute");
    TCase *native = tcase_create("native");
    tcase_set_timeout(native, 120);
    tcase_add_test(native, test_code_64);
    tcase_add_test(native, test_code_32);
    tcase_add_test(native, test_code_16);
    suite_add_tcase(suite, native);
    return suite_main(suite);
}

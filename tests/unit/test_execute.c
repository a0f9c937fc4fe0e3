/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The executor against the host's CPU: random instructions with random registers, flags and
 * memory are executed and, with the same state, run natively; then by itself, for what the host
 * cannot show: ports, faults, limits, 16- and 32-bit code.
 */
#include "emulate/execute.h"
#include "suite.h"

#include <coopvirt/x86.h>
#include <cpuid.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define NATIVE_RUNS 300000
#define RANDOM_SEED 0x2545f4914f6cdd1d
#define ARENA_BYTES 16384
#define ARITHMETIC_FLAGS                                                                                               \
    (X86_FLAGS_CF | X86_FLAGS_PF | X86_FLAGS_AF | X86_FLAGS_ZF | X86_FLAGS_SF | X86_FLAGS_OF | X86_FLAGS_DF)

#define CHECK(holds, ...)                                                                                              \
    do {                                                                                                               \
        if (!(holds))                                                                                                  \
            ck_abort_msg(__VA_ARGS__);                                                                                 \
    } while (0)

/*
 * The native frame: loads all registers and flags, runs what is in the slot, stores them again.
 * It is copied to a page that is writable and executable; its data lie at its end.
 */
__asm__(".pushsection .text\n"
        "native_begin:\n"
        "  push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "  mov %rsp, native_stack(%rip)\n"
        "  push native_flags(%rip); popfq\n"
        "  mov native_general+0(%rip), %rax; mov native_general+8(%rip), %rcx\n"
        "  mov native_general+16(%rip), %rdx; mov native_general+24(%rip), %rbx\n"
        "  mov native_general+32(%rip), %rsp; mov native_general+40(%rip), %rbp\n"
        "  mov native_general+48(%rip), %rsi; mov native_general+56(%rip), %rdi\n"
        "  mov native_general+64(%rip), %r8; mov native_general+72(%rip), %r9\n"
        "  mov native_general+80(%rip), %r10; mov native_general+88(%rip), %r11\n"
        "  mov native_general+96(%rip), %r12; mov native_general+104(%rip), %r13\n"
        "  mov native_general+112(%rip), %r14; mov native_general+120(%rip), %r15\n"
        "native_slot:\n"
        "  .fill 16, 1, 0x90\n"
        "  mov %rax, native_general+0(%rip); mov %rcx, native_general+8(%rip)\n"
        "  mov %rdx, native_general+16(%rip); mov %rbx, native_general+24(%rip)\n"
        "  mov %rsp, native_general+32(%rip); mov %rbp, native_general+40(%rip)\n"
        "  mov %rsi, native_general+48(%rip); mov %rdi, native_general+56(%rip)\n"
        "  mov %r8, native_general+64(%rip); mov %r9, native_general+72(%rip)\n"
        "  mov %r10, native_general+80(%rip); mov %r11, native_general+88(%rip)\n"
        "  mov %r12, native_general+96(%rip); mov %r13, native_general+104(%rip)\n"
        "  mov %r14, native_general+112(%rip); mov %r15, native_general+120(%rip)\n"
        "  mov native_stack(%rip), %rsp\n"
        "  pushfq; pop native_flags(%rip); cld\n"
        "  pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "  ret\n"
        ".balign 64\n"
        "native_general: .fill 16, 8, 0\n"
        "native_flags: .quad 0\n"
        "native_stack: .quad 0\n"
        "native_end:\n"
        ".popsection\n");
extern const uint8_t native_begin[], native_slot[], native_general[], native_flags[], native_end[];

static uint8_t *native_page; /* the frame; the arena follows in the pages after it */
static uint8_t *arena;
static uint8_t arena_emulated[ARENA_BYTES];
static sigjmp_buf native_escape;
static uint64_t random_state;

static uint64_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* A value as arithmetic likes it: near 0, near a sign, or anything. */
static uint64_t random_value(void)
{
    static const uint64_t special[] = {0,          1,         0x7f,       0x80,       0xff,
                                       0x7fff,     0x8000,    0xffff,     0x7fffffff, 0x80000000,
                                       0xffffffff, INT64_MAX, UINT64_MAX, 1ull << 63, 0xaaaaaaaaaaaaaaaa};
    uint64_t choice = random_next();
    if (choice & 1)
        return random_next();
    if (choice & 2)
        return special[(choice >> 8) % (sizeof(special) / sizeof(special[0]))];
    return random_next() >> (choice >> 8 & 63);
}

static void native_signal(int number)
{
    siglongjmp(native_escape, number);
}

/* Low memory, so that 32-bit addresses reach it. */
static void native_setup(void)
{
    static uint8_t signal_stack[65536];
    stack_t alternate = {.ss_sp = signal_stack, .ss_size = sizeof(signal_stack)};
    struct sigaction action = {.sa_handler = native_signal, .sa_flags = SA_ONSTACK | SA_NODEFER};
    native_page = mmap(NULL, 4096 + ARENA_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    ck_assert_ptr_ne(native_page, MAP_FAILED);
    arena = native_page + 4096;
    memcpy(native_page, native_begin, native_end - native_begin);
    sigaltstack(&alternate, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGFPE, &action, NULL);
    sigaction(SIGILL, &action, NULL);
    random_state = RANDOM_SEED;
    for (unsigned i = 0; i < ARENA_BYTES; i++)
        arena[i] = arena_emulated[i] = random_next() >> 32;
}

static uint64_t native_slot_address(void)
{
    return (uintptr_t)(native_page + (native_slot - native_begin));
}

/* Runs the instruction on this CPU. The signal that it ended with, or 0. */
static int native_run(struct emulate_registers *registers, const uint8_t *bytes, unsigned length)
{
    uint8_t *general = native_page + (native_general - native_begin),
            *flags = native_page + (native_flags - native_begin);
    uint8_t *slot = (uint8_t *)native_slot_address();
    void (*frame)(void) = (void (*)(void))native_page;
    memset(slot, 0x90, 16);
    memcpy(slot, bytes, length);
    memcpy(general, registers->general, sizeof(registers->general));
    memcpy(flags, &registers->rflags, sizeof(registers->rflags));
    int number = sigsetjmp(native_escape, 0);
    if (number) {
        __asm__ volatile("cld");
        return number;
    }
    frame();
    memcpy(registers->general, general, sizeof(registers->general));
    memcpy(&registers->rflags, flags, sizeof(registers->rflags));
    return 0;
}

/* A world whose memory is the arena's copy, at the arena's addresses. */
static uint8_t *world_memory(uint64_t linear, unsigned bytes)
{
    uint64_t offset = linear - (uintptr_t)arena;
    return offset <= ARENA_BYTES && bytes <= ARENA_BYTES - offset ? arena_emulated + offset : NULL;
}

static enum emulate_access_status world_read(void *context, uint64_t linear, void *value, unsigned bytes,
                                             enum emulate_intent intent, struct emulate_fault *fault)
{
    (void)context, (void)intent, (void)fault;
    const uint8_t *from = world_memory(linear, bytes);
    if (!from)
        return EMULATE_ACCESS_REFUSED;
    memcpy(value, from, bytes);
    return EMULATE_ACCESS_DONE;
}

static enum emulate_access_status world_write(void *context, uint64_t linear, const void *value, unsigned bytes,
                                              struct emulate_fault *fault)
{
    (void)context, (void)fault;
    uint8_t *to = world_memory(linear, bytes);
    if (!to)
        return EMULATE_ACCESS_REFUSED;
    memcpy(to, value, bytes);
    return EMULATE_ACCESS_DONE;
}

static enum emulate_access_status world_compare_exchange(void *context, uint64_t linear, const void *expected,
                                                         const void *replacement, unsigned bytes,
                                                         struct emulate_fault *fault)
{
    (void)context, (void)fault;
    uint8_t *to = world_memory(linear, bytes);
    if (!to)
        return EMULATE_ACCESS_REFUSED;
    if (memcmp(to, expected, bytes))
        return EMULATE_ACCESS_MISMATCH;
    memcpy(to, replacement, bytes);
    return EMULATE_ACCESS_DONE;
}

static const struct emulate_world native_world = {
    .read = world_read, .write = world_write, .compare_exchange = world_compare_exchange, .repeat_limit = 1000};

static bool host_has(enum instruction_operation operation)
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

/* Whether the host may run it: user-mode instructions that this test can aim at its arena. */
static bool runnable(const struct instruction *in)
{
    enum instruction_operation operation = in->operation;
    if (operation > OPERATION_LAST_EXECUTED || in->segment_override == SEGMENT_FS || in->segment_override == SEGMENT_GS)
        return false;
    if (operation >= OPERATION_INS && operation <= OPERATION_RET)
        return false;
    if (in->has_memory_operand && in->base == REGISTER_NONE)
        return in->displacement && !in->has_modrm && in->address_bytes == 4; /* moffs of a known width */
    return in->base != in->index || in->base == REGISTER_NONE;
}

/* Random bytes that are a runnable instruction; its length. */
static unsigned random_instruction(uint8_t *bytes, struct instruction *in)
{
    static const uint8_t prefixes[] = {0x66, 0xf2, 0xf3, 0xf3, 0xf0, 0xf0, 0x67, 0x2e};
    for (;;) {
        unsigned position = 0, choice = random_next() & 15;
        for (unsigned i = 0; i < 16; i++)
            bytes[i] = random_next() >> 24;
        unsigned count = choice < 7 ? 0 : choice < 13 ? 1 : 2;
        while (count--)
            bytes[position++] = prefixes[random_next() % sizeof(prefixes)];
        if (random_next() & 1)
            bytes[position++] = 0x40 | (random_next() >> 20 & 15);
        unsigned map = random_next() & 15;
        if (map > 8)
            bytes[position++] = 0x0f;
        if (map == 15) {
            bytes[position++] = 0x38;
            bytes[position] = 0xf0 | (bytes[position] & 1);
        }
        if (decode_instruction(bytes, 15, DECODE_MODE_64, in) == DECODE_OK && runnable(in) && host_has(in->operation))
            return in->length;
    }
}

/* Where a value that overlaps the end of the instruction is patched in. */
static void patch(uint8_t *bytes, unsigned offset, unsigned count, uint64_t value)
{
    memcpy(bytes + offset, &value, count);
}

/* Finds the displacement's bytes: the only place whose change shows as that change of displacement. */
static bool patch_displacement(uint8_t *bytes, const struct instruction *in, uint64_t value)
{
    for (unsigned offset = 1; offset + 4 <= in->length; offset++) {
        uint8_t copy[16];
        struct instruction other;
        memcpy(copy, bytes, sizeof(copy));
        patch(copy, offset, 4, value);
        if (decode_instruction(copy, 15, DECODE_MODE_64, &other) == DECODE_OK && other.length == in->length &&
            other.operation == in->operation && other.base == in->base && other.immediate == in->immediate &&
            (uint32_t)other.displacement == (uint32_t)value) {
            memcpy(bytes, copy, sizeof(copy));
            return true;
        }
    }
    return false;
}

static bool is_bit_test(const struct instruction *in)
{
    return in->operation >= OPERATION_BT && in->operation <= OPERATION_BTC;
}

/* Points the memory operand at `target`. */
static bool aim(struct emulate_registers *registers, uint8_t *bytes, struct instruction *in, uint64_t target)
{
    uint64_t *general = registers->general;
    if (in->base == REGISTER_RIP || in->base == REGISTER_NONE) {
        uint64_t from = in->base == REGISTER_RIP ? registers->rip + in->length : 0;
        return patch_displacement(bytes, in, target - from) &&
               decode_instruction(bytes, 15, DECODE_MODE_64, in) == DECODE_OK;
    }
    bool bits = is_bit_test(in) && in->operands[1].kind == OPERAND_REGISTER;
    if (bits) {
        unsigned number = in->operands[1].number;
        if (number == in->base || number == in->index)
            return false;
        general[number] = (uint64_t)(int64_t)(int16_t)random_next();
    }
    uint64_t offset = in->displacement;
    if (in->index != REGISTER_NONE)
        offset += general[in->index] * in->scale;
    general[in->base] = target - offset;
    if (in->address_bytes == 4) /* the upper half does not count */
        general[in->base] = (uint32_t)general[in->base] | (random_next() & ~0xffffffffull);
    return true;
}

/* The state before the instruction. False: this one cannot be aimed. */
static bool prepare(struct emulate_registers *registers, uint8_t *bytes, struct instruction *in)
{
    uint64_t middle = (uintptr_t)arena + ARENA_BYTES / 2;
    memset(registers, 0, sizeof(*registers));
    registers->mode = DECODE_MODE_64;
    registers->rip = native_slot_address();
    for (unsigned i = 0; i < 16; i++)
        registers->general[i] = random_value();
    registers->rflags = X86_FLAGS_ONE | X86_FLAGS_IF | (random_next() & ARITHMETIC_FLAGS);
    registers->general[REGISTER_RSP] = middle + (random_next() & 0x3f8);
    if (in->operation >= OPERATION_MOVS && in->operation <= OPERATION_SCAS) {
        uint64_t high = in->address_bytes == 4 ? random_next() & ~0xffffffffull : 0;
        registers->general[REGISTER_RSI] = high | (middle + (random_next() & 0x3ff));
        registers->general[REGISTER_RDI] = high | (middle + (random_next() & 0x3ff));
        registers->general[REGISTER_RCX] = high | random_next() % 40;
    }
    if ((in->operation == OPERATION_DIV || in->operation == OPERATION_IDIV) && random_next() & 1)
        registers->general[REGISTER_RDX] = random_next() & 1 ? 0 : random_next() >> (random_next() & 63);
    if (!in->has_memory_operand)
        return true;
    uint64_t target = middle + (random_next() & 0x3ff);
    if (in->operation == OPERATION_CMPXCHG8B && random_next() & 7)
        target &= ~15ull;
    return aim(registers, bytes, in, target);
}

/* Comparands that are equal now and then. */
static void prepare_comparison(struct emulate_registers *registers, const struct instruction *in)
{
    uint64_t old[2] = {0};
    bool uses_accumulator =
        in->base == REGISTER_RAX || in->index == REGISTER_RAX || in->base == REGISTER_RDX || in->index == REGISTER_RDX;
    if (!in->has_memory_operand || uses_accumulator || random_next() & 1)
        return;
    const uint8_t *memory = world_memory(emulate_operand_address(registers, in), 16);
    if (!memory)
        return;
    memcpy(old, memory, 16);
    bool pair = in->operation == OPERATION_CMPXCHG8B;
    registers->general[REGISTER_RAX] = pair && in->operands[0].bytes == 8 ? (uint32_t)old[0] : old[0];
    if (pair)
        registers->general[REGISTER_RDX] = in->operands[0].bytes == 8 ? old[0] >> 32 : old[1];
}

/* Flags that the manuals leave undefined: compared only where every maker agrees. */
static uint64_t undefined_flags(const struct instruction *in, const struct emulate_registers *before)
{
    unsigned bits = 8 * in->operand_bytes, count = 0;
    if (in->operands[1].kind == OPERAND_IMMEDIATE)
        count = in->immediate & (bits == 64 ? 63 : 31);
    else if (in->operands[1].kind == OPERAND_REGISTER)
        count = before->general[REGISTER_RCX] & (bits == 64 ? 63 : 31);
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

static const char *describe(const uint8_t *bytes, const struct instruction *in)
{
    static char text[80];
    for (unsigned i = 0; i < in->length; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    snprintf(text + 2 * in->length, 30, " (operation %u)", in->operation);
    return text;
}

static void compare_states(const uint8_t *bytes, const struct instruction *in, const struct emulate_registers *before,
                           const struct emulate_registers *emulated, const struct emulate_registers *native)
{
    for (unsigned i = 0; i < 16; i++)
        CHECK(emulated->general[i] == native->general[i], "%s: register %u is %#lx, the CPU has %#lx, from %#lx",
              describe(bytes, in), i, emulated->general[i], native->general[i], before->general[i]);
    uint64_t mask = ARITHMETIC_FLAGS & ~undefined_flags(in, before);
    CHECK(((emulated->rflags ^ native->rflags) & mask) == 0, "%s: flags %#lx, the CPU has %#lx, from %#lx",
          describe(bytes, in), emulated->rflags & ARITHMETIC_FLAGS, native->rflags & ARITHMETIC_FLAGS,
          before->rflags & ARITHMETIC_FLAGS);
    CHECK(memcmp(arena, arena_emulated, ARENA_BYTES) == 0, "%s: memory differs", describe(bytes, in));
}

static bool has_undefined_result(const struct instruction *in, const struct emulate_registers *before)
{
    if (in->operation == OPERATION_BSWAP)
        return in->operand_bytes == 2;
    if (in->operation != OPERATION_SHLD && in->operation != OPERATION_SHRD)
        return false;
    uint64_t count = in->operands[2].kind == OPERAND_IMMEDIATE ? in->immediate : before->general[REGISTER_RCX];
    return in->operand_bytes == 2 && (count & 31) > 16;
}

static void compare_with_cpu(uint8_t *bytes, struct instruction *in, unsigned *seen)
{
    struct emulate_registers before, emulated, native;
    struct emulate_fault fault = {0};
    if (!prepare(&before, bytes, in) || has_undefined_result(in, &before))
        return;
    if (in->operation == OPERATION_CMPXCHG || in->operation == OPERATION_CMPXCHG8B)
        prepare_comparison(&before, in);
    emulated = native = before;
    enum emulate_status status = emulate_execute(&emulated, in, &native_world, &fault);
    if (status == EMULATE_UNSUPPORTED) /* aimed outside the arena: a bit number, a stack pointer */
        return;
    int number = native_run(&native, bytes, in->length);
    seen[in->operation]++;
    if (number || status != EMULATE_DONE) {
        int vector = number == SIGFPE ? X86_VECTOR_DE : number == SIGSEGV ? X86_VECTOR_GP : -1;
        CHECK(status == EMULATE_FAULT && fault.vector == vector, "%s: status %d vector %u, the CPU has signal %d",
              describe(bytes, in), status, fault.vector, number);
        CHECK(memcmp(&emulated, &before, sizeof(before)) == 0, "%s: a fault changed registers", describe(bytes, in));
        return;
    }
    CHECK(emulated.rip == before.rip + in->length, "%s: RIP", describe(bytes, in));
    compare_states(bytes, in, &before, &emulated, &native);
}

START_TEST(test_native)
{
    unsigned seen[OPERATION_COUNT] = {0};
    native_setup();
    for (unsigned i = 0; i < NATIVE_RUNS; i++) {
        uint8_t bytes[16];
        struct instruction in;
        random_instruction(bytes, &in);
        compare_with_cpu(bytes, &in, seen);
    }
    for (unsigned operation = 1; operation < OPERATION_INS; operation++)
        CHECK(seen[operation] > 20 || !host_has(operation), "operation %u was run %u times only", operation,
              seen[operation]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("execute");
    TCase *native = tcase_create("native");
    tcase_set_timeout(native, 60);
    tcase_add_test(native, test_native);
    suite_add_tcase(suite, native);
    return suite_main(suite);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The executor and its world: device accesses, ports, faults, limits, locks, segments, and 16- and
 * 32-bit code. What an instruction computes is tested against the host's CPU in test_execute.c.
 */
#include "emulate/execute.h"
#include "suite.h"

#include <coopvirt/x86.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_BYTES 0x20000

static uint8_t memory[MEMORY_BYTES];
static uint64_t fault_from;       /* accesses at and above this address fault */
static unsigned accesses_allowed; /* later ones are refused */
static bool mismatch_once;
static enum emulate_intent last_intent;
static uint64_t last_address;
static unsigned last_bytes, reads, writes;
static uint32_t ports[16];
static unsigned port_count;
static struct emulate_registers registers;
static struct emulate_fault fault;

static enum emulate_access_status check_access(uint64_t linear, unsigned bytes, struct emulate_fault *out)
{
    last_address = linear;
    last_bytes = bytes;
    if (accesses_allowed == 0)
        return EMULATE_ACCESS_REFUSED;
    accesses_allowed--;
    if (linear >= fault_from || bytes > fault_from - linear) {
        *out = (struct emulate_fault){X86_VECTOR_PF, true, X86_PF_WRITE, linear};
        return EMULATE_ACCESS_FAULT;
    }
    ck_assert_uint_le(linear + bytes, MEMORY_BYTES);
    return EMULATE_ACCESS_DONE;
}

static enum emulate_access_status world_read(void *context, uint64_t linear, void *value, unsigned bytes,
                                             enum emulate_intent intent, struct emulate_fault *out)
{
    (void)context;
    last_intent = intent;
    reads++;
    enum emulate_access_status status = check_access(linear, bytes, out);
    if (status == EMULATE_ACCESS_DONE)
        memcpy(value, memory + linear, bytes);
    return status;
}

static enum emulate_access_status world_write(void *context, uint64_t linear, const void *value, unsigned bytes,
                                              struct emulate_fault *out)
{
    (void)context;
    writes++;
    enum emulate_access_status status = check_access(linear, bytes, out);
    if (status == EMULATE_ACCESS_DONE)
        memcpy(memory + linear, value, bytes);
    return status;
}

static enum emulate_access_status world_compare_exchange(void *context, uint64_t linear, const void *expected,
                                                         const void *replacement, unsigned bytes,
                                                         struct emulate_fault *out)
{
    (void)context;
    enum emulate_access_status status = check_access(linear, bytes, out);
    if (status != EMULATE_ACCESS_DONE)
        return status;
    if (mismatch_once || memcmp(memory + linear, expected, bytes)) {
        mismatch_once = false;
        return EMULATE_ACCESS_MISMATCH;
    }
    memcpy(memory + linear, replacement, bytes);
    return EMULATE_ACCESS_DONE;
}

static enum emulate_access_status world_in(void *context, uint16_t port, unsigned bytes, uint32_t *value,
                                           struct emulate_fault *out)
{
    (void)context, (void)out;
    last_address = port;
    last_bytes = bytes;
    *value = 0xa1b2c3d4 + port_count++;
    return EMULATE_ACCESS_DONE;
}

static enum emulate_access_status world_out(void *context, uint16_t port, unsigned bytes, uint32_t value,
                                            struct emulate_fault *out)
{
    (void)context, (void)out;
    last_address = port;
    last_bytes = bytes;
    ports[port_count++ % 16] = value;
    return EMULATE_ACCESS_DONE;
}

static struct emulate_world world = {
    .read = world_read,
    .write = world_write,
    .compare_exchange = world_compare_exchange,
    .port_in = world_in,
    .port_out = world_out,
    .repeat_limit = 1000,
};

static void setup(void)
{
    memset(&registers, 0, sizeof(registers));
    for (unsigned i = 0; i < 16; i++)
        registers.general[i] = 0x1111111100000000 * (i & 7);
    registers.mode = DECODE_MODE_64;
    registers.stack_bytes = 4;
    registers.rip = 0x1000;
    registers.rflags = X86_FLAGS_ONE;
    for (unsigned i = 0; i < MEMORY_BYTES; i++)
        memory[i] = i ^ i >> 8;
    fault_from = MEMORY_BYTES;
    accesses_allowed = 100000;
    world.repeat_limit = 1000;
}

static struct instruction decode(const char *hexadecimal)
{
    uint8_t bytes[16];
    struct instruction in;
    unsigned count = strlen(hexadecimal) / 2;
    for (unsigned i = 0; i < count; i++) {
        char digits[3] = {hexadecimal[2 * i], hexadecimal[2 * i + 1], 0};
        bytes[i] = strtoul(digits, NULL, 16);
    }
    ck_assert_int_eq(decode_instruction(bytes, count, registers.mode, &in), DECODE_OK);
    ck_assert_uint_eq(in.length, count);
    return in;
}

static enum emulate_status run(const char *hexadecimal)
{
    struct instruction in = decode(hexadecimal);
    return emulate_execute(&registers, &in, &world, &fault);
}

static uint64_t memory_at(uint64_t address, unsigned bytes)
{
    uint64_t value = 0;
    memcpy(&value, memory + address, bytes);
    return value;
}

START_TEST(test_device_moves)
{
    registers.general[REGISTER_RDX] = 0x2000;
    ck_assert_int_eq(run("8b4204"), EMULATE_DONE); /* mov eax, [rdx + 4] */
    ck_assert_uint_eq(registers.general[REGISTER_RAX], memory_at(0x2004, 4));
    ck_assert_uint_eq(registers.rip, 0x1003);
    ck_assert_uint_eq(last_bytes, 4);
    ck_assert_int_eq(last_intent, EMULATE_INTENT_READ);
    registers.general[REGISTER_RAX] = 0x1122334455667788;
    ck_assert_int_eq(run("8822"), EMULATE_DONE); /* mov [rdx], ah */
    ck_assert_uint_eq(memory_at(0x2000, 1), 0x77);
    ck_assert_int_eq(run("408832"), EMULATE_DONE); /* mov [rdx], sil */
    ck_assert_uint_eq(memory_at(0x2000, 1), 0);
    ck_assert_int_eq(run("48c7420878563482"), EMULATE_DONE); /* mov qword [rdx + 8], sign-extended */
    ck_assert_uint_eq(memory_at(0x2008, 8), 0xffffffff82345678);
    ck_assert_int_eq(run("0fbe4a08"), EMULATE_DONE); /* movsx ecx, byte [rdx + 8] */
    ck_assert_uint_eq(registers.general[REGISTER_RCX], 0x78);
    ck_assert_int_eq(run("480fbe4a0b"), EMULATE_DONE);
    ck_assert_uint_eq(registers.general[REGISTER_RCX], (uint64_t)(int64_t)(int8_t)0x82);
    ck_assert_int_eq(run("0fb74a0a"), EMULATE_DONE); /* movzx ecx, word */
    ck_assert_uint_eq(registers.general[REGISTER_RCX], 0x8234);
    ck_assert_int_eq(run("8b0df9ff0000"), EMULATE_DONE); /* mov ecx, [rip + 0xfff9] */
    ck_assert_uint_eq(last_address, registers.rip + 0xfff9);
}
END_TEST

START_TEST(test_intent)
{
    registers.general[REGISTER_RDX] = 0x2000;
    ck_assert_int_eq(run("010a"), EMULATE_DONE); /* add [rdx], ecx */
    ck_assert_int_eq(last_intent, EMULATE_INTENT_MODIFY);
    ck_assert_int_eq(run("390a"), EMULATE_DONE); /* cmp [rdx], ecx */
    ck_assert_int_eq(last_intent, EMULATE_INTENT_READ);
    ck_assert_int_eq(run("f702ffff0000"), EMULATE_DONE); /* test [rdx], imm */
    ck_assert_int_eq(last_intent, EMULATE_INTENT_READ);
    reads = 0;
    ck_assert_int_eq(run("890a"), EMULATE_DONE); /* a plain store does not read */
    ck_assert_uint_eq(reads, 0);
}
END_TEST

START_TEST(test_segments)
{
    for (unsigned i = 0; i < SEGMENT_COUNT; i++)
        registers.segment_base[i] = 0x100 * (i + 1);
    registers.general[REGISTER_RBP] = registers.general[REGISTER_RBX] = 0x1000;
    ck_assert_int_eq(run("8b03"), EMULATE_DONE);
    ck_assert_uint_eq(last_address, 0x1000); /* no base in 64-bit mode ... */
    ck_assert_int_eq(run("648b03"), EMULATE_DONE);
    ck_assert_uint_eq(last_address, 0x1500); /* ... but FS and GS */
    ck_assert_int_eq(run("652e8b03"), EMULATE_DONE);
    ck_assert_uint_eq(last_address, 0x1600);
    registers.mode = DECODE_MODE_32;
    ck_assert_int_eq(run("8b03"), EMULATE_DONE);
    ck_assert_uint_eq(last_address, 0x1400);
    ck_assert_int_eq(run("8b4500"), EMULATE_DONE); /* rBP: the stack segment */
    ck_assert_uint_eq(last_address, 0x1300);
    ck_assert_int_eq(run("268b4500"), EMULATE_DONE);
    ck_assert_uint_eq(last_address, 0x1100);
    registers.segment_base[SEGMENT_DS] = 0xfffff000;
    registers.general[REGISTER_RBX] = 0x3000;
    ck_assert_int_eq(run("8b03"), EMULATE_DONE);
    ck_assert_uint_eq(last_address, 0x2000); /* linear addresses are of 32 bits */
}
END_TEST

START_TEST(test_real_mode)
{
    registers.mode = DECODE_MODE_16;
    registers.stack_bytes = 2;
    registers.rip = 0xfffe;
    registers.segment_base[SEGMENT_DS] = 0x100;
    registers.general[REGISTER_RBX] = 0xabcdf000;
    registers.general[REGISTER_RSI] = 0x2000;
    ck_assert_int_eq(run("8b00"), EMULATE_DONE); /* mov ax, [bx + si]: wraps at 64 KiB */
    ck_assert_uint_eq(last_address, 0x1100);
    ck_assert_uint_eq(registers.rip, 0); /* and so does IP */
    registers.general[REGISTER_RSP] = 0x7777777700010000;
    ck_assert_int_eq(run("50"), EMULATE_DONE); /* push ax: SP wraps, the rest of RSP stays */
    ck_assert_uint_eq(registers.general[REGISTER_RSP], 0x777777770001fffe);
    ck_assert_uint_eq(last_address, 0xfffe);
    ck_assert_int_eq(run("665b"), EMULATE_DONE); /* pop ebx */
    ck_assert_uint_eq(registers.general[REGISTER_RSP], 0x7777777700010002);
    registers.stack_bytes = 4;
    registers.general[REGISTER_RSP] = 0x7777777700010000;
    ck_assert_int_eq(run("50"), EMULATE_DONE);
    ck_assert_uint_eq(registers.general[REGISTER_RSP], 0xfffe);
    registers.general[REGISTER_RAX] = 0x1234;
    registers.general[REGISTER_RCX] = 0xbeef0002;
    registers.general[REGISTER_RDI] = 0xcafefffe;
    registers.segment_base[SEGMENT_ES] = 0x10000;
    ck_assert_int_eq(run("f3ab"), EMULATE_DONE); /* rep stosw: CX, and DI wraps */
    ck_assert_uint_eq(registers.general[REGISTER_RCX], 0xbeef0000);
    ck_assert_uint_eq(registers.general[REGISTER_RDI], 0xcafe0002);
    ck_assert_uint_eq(memory_at(0x1fffe, 2), 0x1234);
    ck_assert_uint_eq(memory_at(0x10000, 2), 0x1234);
}
END_TEST

START_TEST(test_ports)
{
    registers.general[REGISTER_RDX] = 0xffff03f8;
    registers.general[REGISTER_RAX] = 0x1122334455667788;
    ck_assert_int_eq(run("ee"), EMULATE_DONE); /* out dx, al */
    ck_assert_uint_eq(last_address, 0x3f8);
    ck_assert_uint_eq(ports[0], 0x88);
    ck_assert_int_eq(run("66e780"), EMULATE_DONE); /* out 0x80, ax */
    ck_assert_uint_eq(last_address, 0x80);
    ck_assert_uint_eq(ports[1], 0x7788);
    port_count = 0;
    ck_assert_int_eq(run("ec"), EMULATE_DONE);
    ck_assert_uint_eq(registers.general[REGISTER_RAX], 0x11223344556677d4);
    ck_assert_int_eq(run("66ed"), EMULATE_DONE);
    ck_assert_uint_eq(registers.general[REGISTER_RAX], 0x112233445566c3d5);
    ck_assert_int_eq(run("48e5ff"), EMULATE_DONE); /* REX.W makes no 64-bit port */
    ck_assert_uint_eq(last_bytes, 4);
    ck_assert_uint_eq(registers.general[REGISTER_RAX], 0xa1b2c3d6);
}
END_TEST

START_TEST(test_port_strings)
{
    registers.general[REGISTER_RDX] = 0x1f0;
    registers.general[REGISTER_RCX] = 5;
    registers.general[REGISTER_RDI] = 0x3000;
    world.repeat_limit = 2;
    ck_assert_int_eq(run("f3666d"), EMULATE_CONTINUE); /* rep insw */
    ck_assert_uint_eq(registers.general[REGISTER_RCX], 3);
    ck_assert_uint_eq(registers.general[REGISTER_RDI], 0x3004);
    ck_assert_uint_eq(registers.rip, 0x1000);
    ck_assert_int_eq(run("f3666d"), EMULATE_CONTINUE);
    ck_assert_int_eq(run("f3666d"), EMULATE_DONE);
    ck_assert_uint_eq(registers.rip, 0x1003);
    ck_assert_uint_eq(memory_at(0x3008, 2), 0xc3d8);
    registers.rflags |= X86_FLAGS_DF;
    registers.general[REGISTER_RCX] = 2;
    registers.general[REGISTER_RSI] = 0x3008;
    port_count = 0;
    ck_assert_int_eq(run("f348666f"), EMULATE_DONE); /* a REX before 66 is ignored: rep outsw */
    ck_assert_uint_eq(registers.general[REGISTER_RSI], 0x3004);
    ck_assert_uint_eq(ports[1], 0xc3d7);
    registers.general[REGISTER_RCX] = 1;
    ck_assert_int_eq(run("f3486f"), EMULATE_DONE); /* rep outsd, steps by 4 with REX.W too */
    ck_assert_uint_eq(registers.general[REGISTER_RSI], 0x3000);
    ck_assert_uint_eq(last_bytes, 4);
    port_count = 7;
    fault_from = 0x4000;
    registers.general[REGISTER_RDI] = 0x4000;
    ck_assert_int_eq(run("6c"), EMULATE_FAULT); /* insb: the fault comes before the port is read */
    ck_assert_uint_eq(port_count, 7);
}
END_TEST

START_TEST(test_repeat_fault)
{
    registers.general[REGISTER_RSI] = 0x2000;
    registers.general[REGISTER_RDI] = 0x4ff0;
    registers.general[REGISTER_RCX] = 100;
    fault_from = 0x5000;
    ck_assert_int_eq(run("f348a5"), EMULATE_FAULT); /* rep movsq into an absent page */
    ck_assert_uint_eq(fault.vector, X86_VECTOR_PF);
    ck_assert_uint_eq(fault.address, 0x5000);
    ck_assert_uint_eq(registers.general[REGISTER_RCX], 98);
    ck_assert_uint_eq(registers.general[REGISTER_RSI], 0x2010);
    ck_assert_uint_eq(registers.general[REGISTER_RDI], 0x5000);
    ck_assert_uint_eq(registers.rip, 0x1000);
    fault_from = MEMORY_BYTES;
    ck_assert_int_eq(run("f348a5"), EMULATE_DONE);
    ck_assert_int_eq(memcmp(memory + 0x4ff0, memory + 0x2000, 800), 0);
    registers.general[REGISTER_RCX] = 0;
    reads = writes = 0;
    ck_assert_int_eq(run("f3a4"), EMULATE_DONE);
    ck_assert_uint_eq(reads + writes, 0);
}
END_TEST

START_TEST(test_locked)
{
    registers.general[REGISTER_RDX] = 0x2000;
    registers.general[REGISTER_RCX] = 5;
    struct emulate_registers before = registers;
    uint64_t old = memory_at(0x2000, 4);
    mismatch_once = true;
    ck_assert_int_eq(run("f00fc10a"), EMULATE_CONTINUE); /* lock xadd: another CPU was faster */
    ck_assert_int_eq(memcmp(&before, &registers, sizeof(before)), 0);
    ck_assert_int_eq(run("f00fc10a"), EMULATE_DONE);
    ck_assert_uint_eq(memory_at(0x2000, 4), (uint32_t)(old + 5));
    ck_assert_uint_eq(registers.general[REGISTER_RCX], old);
    mismatch_once = true;
    ck_assert_int_eq(run("870a"), EMULATE_CONTINUE); /* xchg needs no prefix */
    ck_assert_int_eq(run("010a"), EMULATE_DONE);
    registers.general[REGISTER_RDX] = 0x2008;
    struct instruction in = decode("480fc70a"); /* cmpxchg16b */
    ck_assert_int_eq(emulate_execute(&registers, &in, &world, &fault), EMULATE_FAULT);
    ck_assert_uint_eq(fault.vector, X86_VECTOR_GP);
    ck_assert(fault.has_error_code);
}
END_TEST

/* Whatever the instruction, an access that fails leaves registers and flags as they were. */
START_TEST(test_failure_changes_nothing)
{
    uint64_t state = 88172645463325252ull;
    unsigned failures = 0;
    for (unsigned i = 0; i < 200000; i++) {
        uint8_t bytes[16];
        struct instruction in;
        for (unsigned j = 0; j < sizeof(bytes); j++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes[j] = state >> 32;
        }
        if (i & 1)
            bytes[0] = 0x0f;
        if (i & 2)
            memmove(bytes + 1, bytes, 15), bytes[0] = 0xf0;
        registers.mode = i % 3;
        if (decode_instruction(bytes, 15, registers.mode, &in) != DECODE_OK || in.rep || in.repne)
            continue;
        for (unsigned allowed = 0; allowed < 2; allowed++) {
            struct emulate_registers before = registers;
            accesses_allowed = allowed; /* the first is refused, or faults */
            fault_from = 0;
            enum emulate_status status = emulate_execute(&registers, &in, &world, &fault);
            if (status == EMULATE_DONE)
                continue;
            ck_assert_int_eq(memcmp(&before, &registers, sizeof(before)), 0);
            failures++;
        }
    }
    ck_assert_uint_gt(failures, 20000);
}
END_TEST

/* Read-modify-write whose write faults, one form of each operation. */
START_TEST(test_write_fault)
{
    static const char *const forms[] = {"010a",     "118a00000000", "ff02",   "f71a",   "f712",     "c10a05",
                                        "d30a",     "0fb10a",       "0fc10a", "0fab0a", "0fba3a03", "870a",
                                        "0fc70a",   "0fa40a05",     "0f940a", "8f02",   "890a",     "0fc30a",
                                        "0f38f10a", "f00fb10a",     "a4",     "aa",     "52"};
    for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        setup();
        registers.general[REGISTER_RDX] = registers.general[REGISTER_RDI] = registers.general[REGISTER_RSP] = 0x2000;
        registers.general[REGISTER_RSI] = 0x2000;
        registers.general[REGISTER_RCX] = 3;
        struct emulate_registers before = registers;
        struct instruction in = decode(forms[i]);
        unsigned needed = in.is_read || in.operation == OPERATION_POP ? 1 : 0;
        accesses_allowed = needed; /* the read is done, the write is refused */
        ck_assert_msg(emulate_execute(&registers, &in, &world, &fault) == EMULATE_UNSUPPORTED, "%s", forms[i]);
        ck_assert_msg(memcmp(&before, &registers, sizeof(before)) == 0, "%s", forms[i]);
        accesses_allowed = 2;
        ck_assert_msg(emulate_execute(&registers, &in, &world, &fault) == EMULATE_DONE, "%s", forms[i]);
    }
}
END_TEST

START_TEST(test_branches)
{
    uint64_t value;
    ck_assert_int_eq(run("eb10"), EMULATE_DONE);
    ck_assert_uint_eq(registers.rip, 0x1012);
    ck_assert_int_eq(run("e9fbffffff"), EMULATE_DONE); /* to itself */
    ck_assert_uint_eq(registers.rip, 0x1012);
    ck_assert_int_eq(run("74f0"), EMULATE_DONE); /* jz, not taken */
    ck_assert_uint_eq(registers.rip, 0x1014);
    registers.rflags |= X86_FLAGS_ZF;
    ck_assert_int_eq(run("74f0"), EMULATE_DONE);
    ck_assert_uint_eq(registers.rip, 0x1006);
    registers.general[REGISTER_RSP] = 0x8000;
    ck_assert_int_eq(run("e8f5010000"), EMULATE_DONE); /* call */
    ck_assert_uint_eq(registers.rip, 0x1200);
    ck_assert_uint_eq(registers.general[REGISTER_RSP], 0x7ff8);
    memcpy(&value, memory + 0x7ff8, 8);
    ck_assert_uint_eq(value, 0x100b);
    ck_assert_int_eq(run("c21000"), EMULATE_DONE); /* ret 16 */
    ck_assert_uint_eq(registers.rip, 0x100b);
    ck_assert_uint_eq(registers.general[REGISTER_RSP], 0x8010);
    registers.general[REGISTER_RAX] = 0xffffffff80001234;
    ck_assert_int_eq(run("ffe0"), EMULATE_DONE); /* jmp rax */
    ck_assert_uint_eq(registers.rip, 0xffffffff80001234);

    struct emulate_registers before = registers;
    registers.general[REGISTER_RAX] = before.general[REGISTER_RAX] = 0x0000800000000000;
    ck_assert_int_eq(run("ffe0"), EMULATE_UNSUPPORTED); /* not canonical: the CPU's affair */
    ck_assert_int_eq(run("66eb00"), EMULATE_UNSUPPORTED); /* vendors differ */
    before.general[REGISTER_RSP] = registers.general[REGISTER_RSP] = 0x1fffc;
    fault_from = 0x10000;
    ck_assert_int_eq(run("e800000000"), EMULATE_FAULT); /* the push */
    ck_assert_int_eq(run("c3"), EMULATE_FAULT);
    ck_assert_int_eq(memcmp(&before, &registers, sizeof(before)), 0);

    fault_from = MEMORY_BYTES;
    registers.mode = DECODE_MODE_16;
    registers.rip = 0xfff0;
    ck_assert_int_eq(run("eb20"), EMULATE_DONE);
    ck_assert_uint_eq(registers.rip, 0x12); /* wraps */
    registers.mode = DECODE_MODE_32;
    registers.general[REGISTER_RSP] = 0x8000;
    ck_assert_int_eq(run("e8eeffffff"), EMULATE_DONE);
    ck_assert_uint_eq(registers.rip, 0x5);
    ck_assert_uint_eq(registers.general[REGISTER_RSP], 0x7ffc);
}
END_TEST

START_TEST(test_not_executed)
{
    struct emulate_registers before = registers;
    static const char *const forms[] = {"0fa2", "f4", "0f32", "0f20c0", "0f01d9", "cf", "9d", "ff20"};
    for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        ck_assert_int_eq(run(forms[i]), EMULATE_UNSUPPORTED);
    ck_assert_int_eq(memcmp(&before, &registers, sizeof(before)), 0);
    registers.general[REGISTER_RAX] = 1;
    ck_assert_int_eq(run("f6f1"), EMULATE_FAULT); /* div cl, which is 0 */
    ck_assert_uint_eq(fault.vector, X86_VECTOR_DE);
    ck_assert(!fault.has_error_code);
    registers.rflags |= X86_FLAGS_RF;
    ck_assert_int_eq(run("90"), EMULATE_DONE);
    ck_assert_uint_eq(registers.rflags & X86_FLAGS_RF, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("execute_world");
    TCase *tests = tcase_create("world");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, test_device_moves);
    tcase_add_test(tests, test_intent);
    tcase_add_test(tests, test_segments);
    tcase_add_test(tests, test_real_mode);
    tcase_add_test(tests, test_ports);
    tcase_add_test(tests, test_port_strings);
    tcase_add_test(tests, test_repeat_fault);
    tcase_add_test(tests, test_locked);
    tcase_add_test(tests, test_failure_changes_nothing);
    tcase_add_test(tests, test_write_fault);
    tcase_add_test(tests, test_branches);
    tcase_add_test(tests, test_not_executed);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * REP INS and REP OUTS in runs: whatever a world's port_run takes over, registers, memory, port and
 * fault must come out as they do value by value, and no call does more than its limit.
 */
#include "emulate/execute.h"
#include "suite.h"

#include <coopvirt/x86.h>
#include <stdlib.h>
#include <string.h>

#define PAGES        32
#define MEMORY_BYTES (PAGES * X86_PAGE_BYTES)

enum page_kind { PAGE_MEMORY, PAGE_DEVICE, PAGE_ABSENT };

/* Everything that an instruction can change. */
struct machine {
    struct emulate_registers registers;
    struct emulate_fault fault;
    enum emulate_status status;
    uint64_t port_count; /* values that went through the port, */
    uint64_t port_sum;   /* and what they were, in order */
    uint8_t memory[MEMORY_BYTES];
};

static struct machine runs, singles, *machine;
static enum page_kind pages[PAGES];
static uint64_t window; /* linear address of memory[0] */
static uint64_t done_at_once, most_at_once;
static uint64_t partly; /* how much of a run is taken at most */

static enum page_kind page_at(uint64_t linear)
{
    uint64_t page = (linear - window) / X86_PAGE_BYTES;
    return page < PAGES ? pages[page] : PAGE_ABSENT;
}

static enum emulate_access_status touch(uint64_t linear, unsigned bytes, uint32_t error_code, struct emulate_fault *out)
{
    for (unsigned i = 0; i < bytes; i++)
        if (page_at(linear + i) == PAGE_ABSENT) {
            *out = (struct emulate_fault){X86_VECTOR_PF, true, error_code, linear + i};
            return EMULATE_ACCESS_FAULT;
        }
    return EMULATE_ACCESS_DONE;
}

static enum emulate_access_status world_read(void *context, uint64_t linear, void *value, unsigned bytes,
                                             enum emulate_intent intent, struct emulate_fault *out)
{
    (void)context;
    enum emulate_access_status status = touch(linear, bytes, intent == EMULATE_INTENT_MODIFY ? X86_PF_WRITE : 0, out);
    if (status == EMULATE_ACCESS_DONE)
        memcpy(value, machine->memory + (linear - window), bytes);
    return status;
}

static enum emulate_access_status world_write(void *context, uint64_t linear, const void *value, unsigned bytes,
                                              struct emulate_fault *out)
{
    (void)context;
    enum emulate_access_status status = touch(linear, bytes, X86_PF_WRITE, out);
    if (status == EMULATE_ACCESS_DONE)
        memcpy(machine->memory + (linear - window), value, bytes);
    return status;
}

static uint32_t port_next(unsigned bytes)
{
    uint32_t value = (uint32_t)(++machine->port_count * 0x9e3779b9u);
    return bytes == 4 ? value : value & ((1u << 8 * bytes) - 1);
}

static enum emulate_access_status world_in(void *context, uint16_t port, unsigned bytes, uint32_t *value,
                                           struct emulate_fault *out)
{
    (void)context, (void)out;
    ck_assert_uint_eq(port, 0x1f0);
    *value = port_next(bytes);
    return EMULATE_ACCESS_DONE;
}

static enum emulate_access_status world_out(void *context, uint16_t port, unsigned bytes, uint32_t value,
                                            struct emulate_fault *out)
{
    (void)context, (void)bytes, (void)out;
    ck_assert_uint_eq(port, 0x1f0);
    machine->port_count++;
    machine->port_sum = machine->port_sum * 31 + value;
    return EMULATE_ACCESS_DONE;
}

static uint64_t world_run(void *context, const struct emulate_port_run *run)
{
    (void)context;
    uint64_t last = run->linear + run->count * run->bytes - 1;
    ck_assert_uint_gt(run->count, 0);
    ck_assert_uint_le(run->count, most_at_once);
    ck_assert_uint_eq(run->linear / X86_PAGE_BYTES, last / X86_PAGE_BYTES);
    ck_assert_uint_eq(run->port, 0x1f0);
    if (page_at(run->linear) != PAGE_MEMORY)
        return 0;
    uint64_t count = run->count < partly ? run->count : partly;
    uint8_t *at = machine->memory + (run->linear - window);
    for (uint64_t i = 0; i < count; i++, at += run->bytes) {
        uint32_t value = 0;
        if (run->is_input) {
            value = port_next(run->bytes);
            memcpy(at, &value, run->bytes);
        } else {
            memcpy(&value, at, run->bytes);
            world_out(NULL, run->port, run->bytes, value, NULL);
        }
    }
    done_at_once += count;
    return count;
}

static struct emulate_world world = {
    .read = world_read, .write = world_write, .port_in = world_in, .port_out = world_out};

/* To the end of the instruction: as often as the limit interrupts it. */
static void run_all(struct machine *on, const struct instruction *instruction, bool has_runs)
{
    unsigned calls = 0;
    machine = on;
    world.port_run = has_runs ? world_run : NULL;
    do {
        uint64_t before = machine->port_count;
        machine->status = emulate_execute(&machine->registers, instruction, &world, &machine->fault);
        ck_assert_uint_le(machine->port_count - before, world.repeat_limit);
        ck_assert_uint_lt(++calls, 100000);
    } while (machine->status == EMULATE_CONTINUE);
}

static void compare(const char *hexadecimal)
{
    uint8_t bytes[16];
    struct instruction instruction;
    unsigned count = (unsigned)strlen(hexadecimal) / 2;
    for (unsigned i = 0; i < count; i++) {
        char digits[3] = {hexadecimal[2 * i], hexadecimal[2 * i + 1], 0};
        bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    ck_assert_int_eq(decode_instruction(bytes, count, runs.registers.mode, &instruction), DECODE_OK);
    most_at_once = world.repeat_limit;
    done_at_once = 0;
    singles = runs;
    run_all(&runs, &instruction, true);
    run_all(&singles, &instruction, false);
    ck_assert_int_eq(runs.status, singles.status);
    ck_assert_mem_eq(&runs.registers, &singles.registers, sizeof(runs.registers));
    ck_assert_mem_eq(runs.memory, singles.memory, MEMORY_BYTES);
    ck_assert_uint_eq(runs.port_count, singles.port_count);
    ck_assert_uint_eq(runs.port_sum, singles.port_sum);
    if (runs.status == EMULATE_FAULT) {
        ck_assert_uint_eq(runs.fault.address, singles.fault.address);
        ck_assert_uint_eq(runs.fault.error_code, singles.fault.error_code);
    }
}

static void setup(void)
{
    memset(&runs, 0, sizeof(runs));
    for (unsigned i = 0; i < MEMORY_BYTES; i++)
        runs.memory[i] = (uint8_t)(i * 7 ^ i >> 8);
    for (unsigned i = 0; i < PAGES; i++)
        pages[i] = PAGE_MEMORY;
    window = 0;
    partly = UINT64_MAX;
    world.repeat_limit = 256;
    runs.registers.mode = DECODE_MODE_64;
    runs.registers.stack_bytes = 8;
    runs.registers.rip = 0x1000;
    runs.registers.rflags = X86_FLAGS_ONE;
    runs.registers.general[REGISTER_RDX] = 0x1f0;
}

static void aim(uint64_t address, uint64_t count)
{
    runs.registers.general[REGISTER_RDI] = runs.registers.general[REGISTER_RSI] = address;
    runs.registers.general[REGISTER_RCX] = count;
}

START_TEST(test_pages)
{
    aim(0x2ff0, 5000); /* over the page's end, and over the limit */
    compare("f3666d"); /* rep insw */
    ck_assert_int_eq(runs.status, EMULATE_DONE);
    ck_assert_uint_eq(done_at_once, 5000);
    ck_assert_uint_eq(runs.registers.general[REGISTER_RDI], 0x2ff0 + 10000);

    setup();
    aim(0x2ff3, 3000); /* one value lies in two pages */
    compare("f36d");   /* rep insd */
    ck_assert_uint_eq(done_at_once, 3000 - 3);

    setup();
    aim(0x1001, 700);
    compare("f36e"); /* rep outsb */
    ck_assert_uint_eq(done_at_once, 700);
}
END_TEST

START_TEST(test_nothing)
{
    aim(0x1000, 0);
    pages[1] = PAGE_ABSENT;
    compare("f36d");
    ck_assert_int_eq(runs.status, EMULATE_DONE);
    ck_assert_uint_eq(runs.port_count, 0);
}
END_TEST

START_TEST(test_fault_in_the_middle)
{
    pages[4] = PAGE_ABSENT;
    aim(0x3f00, 1000);
    compare("f3666d");
    ck_assert_int_eq(runs.status, EMULATE_FAULT);
    ck_assert_uint_eq(runs.fault.address, 0x4000);
    ck_assert_uint_eq(runs.fault.error_code, X86_PF_WRITE);
    ck_assert_uint_eq(runs.registers.general[REGISTER_RCX], 1000 - 0x80);
    ck_assert_uint_eq(runs.registers.general[REGISTER_RDI], 0x4000);
    ck_assert_uint_eq(runs.port_count, 0x80); /* nothing was taken from the port for the value that faulted */
}
END_TEST

START_TEST(test_device_memory)
{
    pages[2] = PAGE_DEVICE;
    aim(0x1f80, 0x900);
    compare("f3666f"); /* rep outsw */
    ck_assert_int_eq(runs.status, EMULATE_DONE);
    ck_assert_uint_eq(done_at_once, 0x900 - 0x800);
}
END_TEST

START_TEST(test_downwards)
{
    runs.registers.rflags |= X86_FLAGS_DF;
    aim(0x3010, 100);
    compare("f36d");
    ck_assert_int_eq(runs.status, EMULATE_DONE);
    ck_assert_uint_eq(done_at_once, 0);
    ck_assert_uint_eq(runs.registers.general[REGISTER_RDI], 0x3010 - 400);
}
END_TEST

START_TEST(test_address_sizes)
{
    aim(0xabcd000000001ffcull, 0x5678000000000020ull);
    compare("f3676d"); /* 32-bit addresses: ECX counts, EDI wraps into a clear RDI */
    ck_assert_uint_eq(runs.registers.general[REGISTER_RDI], 0x207c);
    ck_assert_uint_eq(runs.registers.general[REGISTER_RCX], 0);

    setup();
    window = 0xffff0000; /* up to 4 GiB and no further */
    aim(0xfffffff8, 4);
    compare("f3676d");
    ck_assert_int_eq(runs.status, EMULATE_FAULT);
    ck_assert_uint_eq(runs.registers.general[REGISTER_RDI], 0);
    ck_assert_uint_eq(runs.registers.general[REGISTER_RCX], 2);

    setup();
    runs.registers.mode = DECODE_MODE_16;
    runs.registers.segment_base[SEGMENT_ES] = runs.registers.segment_base[SEGMENT_DS] = 0x4560;
    aim(0xbeeffffa, 0xbeef0008);
    compare("f36d"); /* rep insw: DI wraps in the middle of a page */
    ck_assert_int_eq(runs.status, EMULATE_DONE);
    ck_assert_uint_eq(runs.registers.general[REGISTER_RDI], 0xbeef000a);
    ck_assert_uint_eq(runs.registers.general[REGISTER_RCX], 0xbeef0000);
}
END_TEST

/* Any place, count, width, limit and kind of pages. */
START_TEST(test_random)
{
    static const char *const forms[] = {"f36c",   "f36d",   "f3666d",   "f36e",   "f36f",
                                        "f3666f", "f3676d", "f367666f", "f3646f", "f2666d"};
    srand(2026);
    for (unsigned i = 0; i < 400; i++) {
        setup();
        for (unsigned page = 0; page < PAGES; page++)
            pages[page] = rand() % 8 ? PAGE_MEMORY : rand() % 2 ? PAGE_DEVICE : PAGE_ABSENT;
        runs.registers.mode = (enum decode_mode[]){DECODE_MODE_16, DECODE_MODE_32, DECODE_MODE_64}[rand() % 3];
        for (unsigned segment = 0; segment < SEGMENT_COUNT; segment++)
            runs.registers.segment_base[segment] = (uint64_t)(rand() % 0x4000);
        world.repeat_limit = 1 + (unsigned)rand() % 600;
        partly = rand() % 2 ? UINT64_MAX : 1 + (uint64_t)rand() % 100;
        if (rand() % 8 == 0)
            runs.registers.rflags |= X86_FLAGS_DF;
        aim((uint64_t)rand() % MEMORY_BYTES, (uint64_t)rand() % 4000);
        compare(forms[(unsigned)rand() % (sizeof(forms) / sizeof(forms[0]))]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("execute_run");
    TCase *tests = tcase_create("runs");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_pages);
    tcase_add_test(tests, test_nothing);
    tcase_add_test(tests, test_fault_in_the_middle);
    tcase_add_test(tests, test_device_memory);
    tcase_add_test(tests, test_downwards);
    tcase_add_test(tests, test_address_sizes);
    tcase_add_test(tests, test_random);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}

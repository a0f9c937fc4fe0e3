/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk model behind the stream of instructions, in a world of a few registers: which flushes take effect, in which
 * world, with tags and without; memory operands against Zydis; and the plugin's arguments.
 */
#include "walk_stream.h"

#include "memory_operand.h"
#include "suite.h"
#include "walk_options.h"

#include <Zydis/Zydis.h>
#include <string.h>

#define VMCB 0x4000u
#define PAGE 0x3000u

static uint64_t registers[WALK_MODEL_REGISTERS], general[16], words[1u << 12];
static unsigned ring;

static uint64_t world_memory(void *context, uint64_t machine)
{
    (void)context;
    return words[machine / 8 % (sizeof(words) / 8)];
}

static uint64_t world_register(void *context, enum walk_model_register which)
{
    (void)context;
    return registers[which];
}

static uint64_t world_general(void *context, unsigned number)
{
    (void)context;
    return general[number];
}

static unsigned world_ring(void *context)
{
    (void)context;
    return ring;
}

/* Tables at 0x1000, one page a level, that map the first page below PAGE + 0x1000; a control block with ASID 5. */
static void start(struct walk_stream *stream, bool has_tags)
{
    struct walk_stream_world world = {
        .model = {NULL, world_memory, world_register}, .read_general = world_general, .read_ring = world_ring};
    struct walk_model_config config = {
        .first_fetch = {4, 4}, .first_data = {4, 4}, .second_data = {8, 2}, .is_unified = true, .has_tags = has_tags};

    memset(words, 0, sizeof(words));
    words[0x1000 / 8] = 0x2001;
    words[0x2000 / 8] = 0x5001;
    words[0x5000 / 8] = 0x6001;
    for (unsigned i = 0; i < 4; i++)
        words[0x6000 / 8 + i] = i << 12 | 1 | (i == 2 ? 0x100 : 0);
    words[VMCB / 8 + 0x58 / 8] = 5;
    registers[WALK_MODEL_CR0] = 1u << 31;
    registers[WALK_MODEL_CR3] = 0x1000;
    registers[WALK_MODEL_CR4] = 1u << 7 | 1u << 5;
    registers[WALK_MODEL_EFER] = 1u << 10;
    general[0] = VMCB;
    ring = 0;
    ck_assert(walk_stream_create(stream, &config, &world));
}

static uint64_t walks(const struct walk_stream *stream)
{
    return stream->model.counted[WALK_MODEL_WALKS];
}

/* Whether the access takes a walk. */
static bool misses(struct walk_stream *stream, uint64_t address)
{
    uint64_t before = walks(stream);

    ck_assert_uint_eq(walk_model_access(&stream->model, address, false), address);
    return walks(stream) > before;
}

static void execute(struct walk_stream *stream, enum instruction_class class, const char *bytes, size_t size)
{
    ck_assert(walk_stream_wants(class));
    walk_stream_instruction(stream, class, 0x100, (const uint8_t *)bytes, size);
}

START_TEST(test_root)
{
    struct walk_stream stream;

    start(&stream, true);
    ck_assert(misses(&stream, PAGE));
    ck_assert(misses(&stream, 0x2000)); /* global */
    execute(&stream, INSTRUCTION_WRITE_CR3, "\x0f\x22\xd8", 3);
    ck_assert(!misses(&stream, PAGE)); /* not before the next block begins */
    walk_stream_settle(&stream);
    ck_assert(misses(&stream, PAGE));
    ck_assert(!misses(&stream, 0x2000));
    walk_stream_settle(&stream); /* once only */
    ck_assert(!misses(&stream, PAGE));
    ring = 3; /* faults there */
    execute(&stream, INSTRUCTION_WRITE_CR3, "\x0f\x22\xd8", 3);
    walk_stream_settle(&stream);
    ck_assert(!misses(&stream, PAGE));
    walk_model_destroy(&stream.model);
}
END_TEST

START_TEST(test_control_registers)
{
    const struct {
        enum instruction_class class;
        enum walk_model_register which;
        uint64_t changed;
        bool flushes;
    } rows[] = {
        {INSTRUCTION_WRITE_CR4, WALK_MODEL_CR4, 1u << 7, true}, {INSTRUCTION_WRITE_CR4, WALK_MODEL_CR4, 1u << 9, false},
        {INSTRUCTION_WRITE_CR4, WALK_MODEL_CR4, 0, false},      {INSTRUCTION_WRMSR, WALK_MODEL_EFER, 1u << 11, true},
        {INSTRUCTION_WRMSR, WALK_MODEL_EFER, 1u << 0, false},   {INSTRUCTION_WRITE_CR0, WALK_MODEL_CR0, 1u << 3, false},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct walk_stream stream;

        start(&stream, true);
        ck_assert(misses(&stream, 0x2000));
        execute(&stream, rows[i].class, "\x0f\x22\xe0", 3);
        registers[rows[i].which] ^= rows[i].changed;
        walk_stream_settle(&stream);
        ck_assert(misses(&stream, 0x2000) == rows[i].flushes);
        walk_model_destroy(&stream.model);
    }
}
END_TEST

START_TEST(test_worlds)
{
    for (unsigned has_tags = 0; has_tags < 2; has_tags++) {
        struct walk_stream stream;

        start(&stream, has_tags);
        ck_assert(misses(&stream, PAGE));
        execute(&stream, INSTRUCTION_VMRUN, "\x0f\x01\xd8", 3);
        ck_assert(misses(&stream, PAGE)); /* under the guest's tag */
        execute(&stream, INSTRUCTION_WRITE_CR3, "\x0f\x22\xd8", 3);
        walk_stream_exit(&stream); /* intercepted */
        ck_assert(misses(&stream, PAGE) == !has_tags);
        ck_assert_uint_eq(stream.mistaken, 0);
        execute(&stream, INSTRUCTION_VMRUN, "\x0f\x01\xd8", 3);
        ck_assert(misses(&stream, PAGE) == !has_tags);
        general[0] = 0x77; /* the guest's RAX is not the hypervisor's */
        execute(&stream, INSTRUCTION_VMRUN, "\x0f\x01\xd8", 3);
        ck_assert_uint_eq(stream.vmcb, VMCB); /* the guest's own is intercepted */
        walk_stream_exit(&stream);
        ck_assert_uint_eq(stream.mistaken, 1);
        ck_assert_uint_eq(stream.model.counted[WALK_MODEL_SWITCHES], 4);
        ck_assert_uint_eq(stream.model.counted[WALK_MODEL_HOST_WALKS], has_tags ? 1 : 2);
        walk_stream_exit(&stream); /* nobody runs */
        ck_assert_uint_eq(stream.model.counted[WALK_MODEL_SWITCHES], 4);
        walk_model_destroy(&stream.model);
    }
}
END_TEST

/* TLB_CONTROL, and which of the host's page, the guest's page and the guest's global page stay. */
START_TEST(test_entry_flushes)
{
    const struct {
        uint64_t control;
        bool host, guest, global;
    } rows[] = {{0, true, true, true}, {1, false, false, false}, {3, true, false, false}, {7, true, false, true}};

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct walk_stream stream;

        start(&stream, true);
        misses(&stream, PAGE);
        execute(&stream, INSTRUCTION_VMRUN, "\x0f\x01\xd8", 3);
        misses(&stream, PAGE);
        misses(&stream, 0x2000);
        walk_stream_exit(&stream);
        words[VMCB / 8 + 0x58 / 8] = rows[i].control << 32 | 5;
        execute(&stream, INSTRUCTION_VMRUN, "\x0f\x01\xd8", 3);
        ck_assert(!misses(&stream, 0x2000) == rows[i].global);
        ck_assert(!misses(&stream, PAGE) == rows[i].guest);
        walk_stream_exit(&stream);
        ck_assert(!misses(&stream, PAGE) == rows[i].host);
        walk_model_destroy(&stream.model);
    }
}
END_TEST

START_TEST(test_pages)
{
    struct walk_stream stream;

    start(&stream, true);
    ck_assert(misses(&stream, PAGE));
    ck_assert(misses(&stream, 0x2000));
    general[3] = 0x2345;
    execute(&stream, INSTRUCTION_INVLPG, "\x0f\x01\x3b", 3); /* (%rbx) */
    walk_stream_settle(&stream);
    ck_assert(!misses(&stream, PAGE));
    ck_assert(misses(&stream, 0x2000));
    general[0] = PAGE;
    general[1] = 5;
    execute(&stream, INSTRUCTION_INVLPGA, "\x0f\x01\xdf", 3);
    walk_stream_settle(&stream);
    ck_assert(!misses(&stream, PAGE)); /* of a guest's tag */
    general[1] = 0;
    execute(&stream, INSTRUCTION_INVLPGA, "\x0f\x01\xdf", 3);
    walk_stream_settle(&stream);
    ck_assert(misses(&stream, PAGE));
    ck_assert_uint_eq(stream.model.counted[WALK_MODEL_PAGE_FLUSHES], 3);
    walk_model_destroy(&stream.model);
}
END_TEST

START_TEST(test_no_tables)
{
    struct walk_stream stream;

    start(&stream, true);
    ck_assert_uint_eq(walk_model_access(&stream.model, 0x7000, true), UINT64_MAX);
    ck_assert_uint_eq(stream.model.counted[WALK_MODEL_FAILED], 1);
    ck_assert_uint_eq(stream.model.counted[WALK_MODEL_FETCHES], 1);
    registers[WALK_MODEL_EFER] = 0; /* 32-bit paging */
    ck_assert_uint_eq(walk_model_access(&stream.model, PAGE, false), UINT64_MAX);
    registers[WALK_MODEL_CR0] = 0;
    ck_assert_uint_eq(walk_model_access(&stream.model, 0x123456, false), 0x123456);
    walk_model_destroy(&stream.model);
}
END_TEST

static uint64_t zydis_address(const ZydisDecodedInstruction *instruction, const ZydisDecodedOperand *operand)
{
    ZydisRegisterContext context = {0};
    ZyanU64 address = 0;

    for (unsigned i = 0; i < 16; i++)
        context.values[ZYDIS_REGISTER_RAX + i] = general[i];
    context.values[ZYDIS_REGISTER_RIP] = 0x100;
    ck_assert(ZYAN_SUCCESS(ZydisCalcAbsoluteAddressEx(instruction, operand, 0x100, &context, &address)));
    return address;
}

START_TEST(test_operands)
{
    uint64_t state = 3;
    unsigned compared = 0;
    ZydisDecoder decoder;

    ck_assert(ZYAN_SUCCESS(ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)));
    for (unsigned round = 0; round < 100000; round++) {
        ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
        ZydisDecodedInstruction instruction;
        uint8_t bytes[15];

        for (unsigned i = 0; i < sizeof(bytes) + 16; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            if (i < sizeof(bytes))
                bytes[i] = (uint8_t)(state >> 56);
            else
                general[i - sizeof(bytes)] = state >> 20;
        }
        bytes[0] = 0x40 | (bytes[0] & 15);
        bytes[1] = 0x0f;
        bytes[2] = 0x01;
        bytes[3] = (bytes[3] & 0xc7) | 0x38;
        if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes, sizeof(bytes), &instruction, operands)) ||
            instruction.mnemonic != ZYDIS_MNEMONIC_INVLPG)
            continue;
        compared++;
        ck_assert_uint_eq(memory_operand(bytes, instruction.length, 0x100, true, world_general, NULL),
                          zydis_address(&instruction, &operands[0]));
    }
    ck_assert_uint_gt(compared, 50000);
    general[3] = 0x1fffffff0;
    ck_assert_uint_eq(memory_operand((const uint8_t *)"\x0f\x01\x7b\x20", 4, 0, false, world_general, NULL), 0x10);
    ck_assert_uint_eq(memory_operand((const uint8_t *)"\x0f\x01\x3d\x10\x20\x30\x40", 7, 0, false, world_general, NULL),
                      0x40302010);
}
END_TEST

START_TEST(test_options)
{
    static const char *const wrong[] = {"l1d=64",   "l1d=64/0",  "l1d=10/4", "l1d=/4",      "l1d=64/",
                                        "l1d=-4/4", "l3=4/4",    "tags=yes", "out=",        "walk_cache=x",
                                        "l1d=1/1 ", "compare=1", "",         "l2d=999999/1"};
    struct walk_options options;

    walk_options_start(&options);
    ck_assert(options.config.has_tags && !options.compares && !options.path);
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ck_assert_msg(!walk_options_take(&options, wrong[i]), "'%s' was taken", wrong[i]);
    walk_options_start(&options);
    ck_assert(walk_options_take(&options, "l1d=64/8") && walk_options_take(&options, "l2d=0"));
    ck_assert(!options.config.is_unified);
    ck_assert(walk_options_take(&options, "l2=1536/12") && walk_options_take(&options, "tags=off"));
    ck_assert(walk_options_take(&options, "out=a,b") && walk_options_take(&options, "nested_cache=24"));
    ck_assert_uint_eq(options.config.first_data.ways, 8);
    ck_assert_uint_eq(options.config.second_data.entries, 1536);
    ck_assert(options.config.is_unified && !options.config.has_tags && options.config.nested_cache == 24);
    ck_assert_str_eq(options.path, "a,b");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("walk_stream");
    TCase *cases = tcase_create("walk_stream");

    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_root);
    tcase_add_test(cases, test_control_registers);
    tcase_add_test(cases, test_worlds);
    tcase_add_test(cases, test_entry_flushes);
    tcase_add_test(cases, test_pages);
    tcase_add_test(cases, test_no_tables);
    tcase_add_test(cases, test_operands);
    tcase_add_test(cases, test_options);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The direct entry into memory of three pieces: what is mapped where and with which rights, as a CPU walks it; what the
 * start-info tells; what is refused.
 */
#include "core/loader_direct.h"
#include "mmu/direct.h"
#include "suite.h"
#include "tlb_model.h"
#include <coopvirt/elf.h>
#include <coopvirt/x86.h>
#include <string.h>

#define BASE   0x40000000ul /* of machine memory */
#define BYTES  0x800000ul
#define IMAGE  0xffffffff81000000ul
#define DIRECT 0xffff880000000000ul

/* From the start of the memory on. */
static const struct guest_memory_range pieces[] = {
    {0, 0x8000, 0, true}, /* too small for anything but single pages */
    {0x1ff000, 0x402000, 0x1ff000, true},
    {0x700000, 0x10000, 0x700000, true},
};

struct image {
    struct elf64_header header;
    struct elf64_segment segments[4];
    struct {
        uint32_t name_bytes, bytes, type;
        char name[12];
        uint64_t value;
    } __attribute__((packed)) notes[2];
    char text[64], data[64];
};

static uint8_t *machine;
static coop_paddr base;
static struct guest_memory memory;
static struct direct direct;
static struct direct_frame *records;
static struct loader_direct_output output;

static struct image good_image(void)
{
    struct image image = {
        .header = {.magic = ELF_MAGIC,
                   .class = ELF_CLASS_64,
                   .data = 1,
                   .machine = ELF_MACHINE_X86_64,
                   .entry = 0x1000000,
                   .phoff = offsetof(struct image, segments),
                   .phentsize = 56,
                   .phnum = 4},
        .segments = {{ELF_SEGMENT_LOAD, 5, offsetof(struct image, text), 0x1000000, 0x1000000, 64, 64, 1},
                     {ELF_SEGMENT_LOAD, 5, offsetof(struct image, text), IMAGE + 0x1000, 0x1001000, 64, 0x1800, 1},
                     {ELF_SEGMENT_LOAD, 6, offsetof(struct image, data), IMAGE + 0x3010, 0x1003010, 64, 0x2000, 1},
                     {ELF_SEGMENT_NOTE, 4, offsetof(struct image, notes), 0, 0, 64, 64, 4}},
        .notes = {{9, 8, COOP_NOTE_ENTRY, "Coopvirt", IMAGE + 0x1010},
                  {9, 8, COOP_NOTE_DIRECT_MAP, "Coopvirt", DIRECT}},
    };
    memset(image.text, 't', sizeof(image.text));
    memset(image.data, 'd', sizeof(image.data));
    return image;
}

static void *address(coop_paddr at)
{
    return at - base < BYTES ? machine + (at - base) : NULL;
}

static void flush(void *context, enum direct_flush why)
{
    (void)context;
    (void)why;
}

static bool may_write(void *context, coop_paddr at, uint64_t bytes)
{
    (void)context;
    if (!direct_hold(&direct, at, bytes))
        return false;
    direct_release(&direct, at, bytes);
    return true;
}

static bool table_new(void *context, coop_paddr frame, unsigned level)
{
    (void)context;
    return !direct_table_new(&direct, frame, level);
}

static bool set(void *context, coop_paddr slot, uint64_t entry)
{
    (void)context;
    return !direct_set(&direct, slot, entry);
}

static void set_up_at(coop_paddr start)
{
    base = start;
    machine = calloc(1, BYTES);
    memory = (struct guest_memory){.address = address, .may_write = may_write};
    for (unsigned i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct guest_memory_range piece = pieces[i];
        piece.start += base;
        piece.machine += base;
        guest_memory_add(&memory, &piece);
    }
    records = calloc(1, direct_bytes(&memory));
    const struct direct_world world = {.flush = flush};
    const struct direct_config config = {&memory, (uintptr_t)machine - base, records, false, false, 1};
    direct_create(&direct, &world, &config);
}

static void set_up(void)
{
    set_up_at(BASE);
}

static void tear_down(void)
{
    free(machine);
    free(records);
}

static const char *load(const struct image *image)
{
    static const struct coop_start_info start = {.size = sizeof(start), .vcpus = 2, .features = COOP_FEATURE_DIRECT};
    static const struct loader_tables_world tables = {NULL, table_new, set};
    const struct loader_input files = {.kernel = {image, sizeof(*image), "role=kernel -- console=ttyS0"},
                                       .modules = {{"contents", 8, "role=initrd"}},
                                       .module_count = 1};
    const struct loader_direct_input input = {&files, &tables, &start};
    return loader_direct_load(&memory, &input, &output);
}

static bool translate(uint64_t linear, struct walker_access access, uint64_t *at)
{
    struct tlb_model cpu = {.address = address, .root = output.root, .root_level = 3};
    bool ok = tlb_model_access(&cpu, linear, access, at);
    ck_assert_ptr_null(cpu.broken);
    return ok;
}

static const struct walker_access reading, writing = {.is_write = true}, fetching = {.is_fetch = true};

START_TEST(test_image)
{
    struct image image = good_image();
    uint64_t at;
    ck_assert_ptr_null(load(&image));
    const struct coop_start_info *info = address(output.info);
    ck_assert_uint_eq(output.entry, IMAGE + 0x1010);
    ck_assert(translate(output.entry, fetching, &at));
    ck_assert_uint_eq(at, info->image + 0x1010);
    ck_assert_int_eq(*(char *)address(at), 't');
    ck_assert(!translate(output.entry, writing, &at));
    ck_assert(!translate(0x1000000, reading, &at));
    ck_assert_int_eq(*(char *)address(info->image), 't'); /* loaded, though not mapped */
    ck_assert(translate(IMAGE + 0x3010, writing, &at));
    ck_assert_int_eq(*(char *)address(at), 'd');
    ck_assert(translate(IMAGE + 0x5000, writing, &at));
    ck_assert(!translate(IMAGE + 0x3010, fetching, &at));
    ck_assert(!translate(IMAGE + 0x6000, reading, &at));
    ck_assert(translate(output.stack - 8, writing, &at));
    ck_assert(translate(output.stack - COOP_ENTRY_STACK_BYTES, writing, &at));
    ck_assert(translate(output.info_linear, reading, &at));
    ck_assert_uint_eq(at, output.info);
}
END_TEST

/* Each frame where it belongs, written only where it is no table and no hypercall page. */
START_TEST(test_map_of_all_memory)
{
    struct image image = good_image();
    uint64_t at;
    ck_assert_ptr_null(load(&image));
    const struct coop_start_info *info = address(output.info);
    for (coop_paddr frame = BASE; frame < BASE + BYTES; frame += 4096) {
        bool is_ours = guest_memory_find(&memory, frame), is_page = direct_find(&direct, frame)->type == DIRECT_PAGE;
        ck_assert_int_eq(translate(DIRECT + frame, reading, &at), is_ours);
        if (is_ours)
            ck_assert_uint_eq(at, frame);
        ck_assert_int_eq(translate(DIRECT + frame, writing, &at), is_page && frame != info->hypercall_page);
        ck_assert_int_eq(translate(DIRECT + frame, fetching, &at), frame == info->hypercall_page);
    }
}
END_TEST

START_TEST(test_start_info)
{
    struct image image = good_image();
    ck_assert_ptr_null(load(&image));
    const struct coop_start_info *info = address(output.info);
    uint64_t bytes = 0;
    ck_assert_uint_eq(info->features, COOP_FEATURE_DIRECT);
    ck_assert_uint_eq(info->root, output.root);
    ck_assert_uint_eq(info->direct_map, DIRECT);
    ck_assert_uint_eq(info->module_count, 1);
    ck_assert_mem_eq(address(info->modules[0].base), "contents", 8);
    ck_assert_str_eq(address(info->modules[0].words), "role=initrd");
    ck_assert_str_eq(address(info->command_line), "console=ttyS0");
    for (unsigned i = 0; i < info->extent_count; i++) {
        const struct coop_extent *extent = &info->extents[i];
        ck_assert(!i || extent->base >= extent[-1].base + extent[-1].bytes);
        ck_assert(extent->type == COOP_EXTENT_FREE || extent->type == COOP_EXTENT_BOOT);
        bytes += extent->bytes;
        const uint64_t *words = address(extent->base);
        bool is_blank = true;
        for (uint64_t at = 0; at < extent->bytes / sizeof(*words); at++)
            is_blank &= !words[at];
        ck_assert(is_blank || extent->type == COOP_EXTENT_BOOT);
    }
    ck_assert_uint_eq(bytes, pieces[0].bytes + pieces[1].bytes + pieces[2].bytes);
}
END_TEST

/* Address 0 says that there is nothing: memory that begins there loses its first page to that, and nothing else. */
START_TEST(test_memory_from_0)
{
    struct image image = good_image();
    tear_down();
    set_up_at(0);
    ck_assert_ptr_null(load(&image));
    const struct coop_start_info *info = address(output.info);
    ck_assert_str_eq(address(info->modules[0].words), "role=initrd");
    const coop_paddr places[] = {
        info->modules[0].base, info->modules[0].words, info->command_line, info->image, info->root, info->vcpu,
        output.info,           info->hypercall_page};
    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        ck_assert_uint_ge(places[i], 4096);
    ck_assert_uint_eq(info->extents[0].base, 0);
    ck_assert_uint_eq(info->extents[0].type, COOP_EXTENT_BOOT);
}
END_TEST

static void expect(const struct image *image, const char *part)
{
    const char *error = load(image);
    ck_assert_msg(error && strstr(error, part), "%s, not %s", error ? error : "loaded", part);
    tear_down();
    set_up();
}

START_TEST(test_refused)
{
    struct image image = good_image();
    image.notes[0].type = 99;
    expect(&image, "no direct entry");
    image = good_image();
    image.notes[1].value = 0xffff800000000000ul;
    expect(&image, "where the hypervisor is");
    image.notes[1].value = DIRECT + 4096;
    expect(&image, "start of a top-level slot");
    image = good_image();
    image.segments[1].vaddr = 0xffff810000001000ul;
    expect(&image, "below the map");
    image = good_image();
    image.segments[2].vaddr += 8;
    expect(&image, "by pages");
    image = good_image();
    image.segments[2].memsz = 0x400000;
    expect(&image, "does not fit");
    image.segments[2].memsz = UINT64_MAX - 0x2000000;
    expect(&image, "");
    image = good_image();
    ck_assert_ptr_null(load(&image));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loader_direct");
    TCase *tests = tcase_create("loader_direct");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_image);
    tcase_add_test(tests, test_map_of_all_memory);
    tcase_add_test(tests, test_start_info);
    tcase_add_test(tests, test_memory_from_0);
    tcase_add_test(tests, test_refused);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}

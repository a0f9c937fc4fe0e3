/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Multiboot readers on a fake physical memory: what a loader really hands over, and the same with wrong sizes,
 * addresses and ends. Under ASan every read outside the memory ends the test.
 */
#include "boot/multiboot1.h"
#include "boot/multiboot2.h"
#include "suite.h"

#include <coopvirt/multiboot.h>
#include <coopvirt/multiboot2.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_BYTES 65536
#define INFO_AT      0x1000
#define LINE_AT      0x2000
#define MODULES_AT   0x3000
#define WORDS_AT     0x3800
#define MAP_AT       0x4000
#define DATA_AT      0x5000

static uint8_t *memory; /* on the heap, so that its end is guarded */
static struct physical_window window;
static struct boot_info info;

static void set_up(void)
{
    memory = calloc(1, MEMORY_BYTES);
    window = (struct physical_window){memory, MEMORY_BYTES};
    memset(&info, 0, sizeof(info));
}

static void tear_down(void)
{
    free(memory);
}

/* Multiboot 1 with a command line, two extents, one module. */
static struct multiboot_info *make_multiboot1(void)
{
    struct multiboot_info *multiboot = (void *)(memory + INFO_AT);
    struct multiboot_module *module = (void *)(memory + MODULES_AT);
    const struct multiboot_mmap_entry map[] = {
        {20, 0, 0x9fc00, MULTIBOOT_MEMORY_AVAILABLE},
        {20, 0x100000, 0x3ff00000, MULTIBOOT_MEMORY_AVAILABLE},
        {20, 0xfffc0000, 0x40000, MULTIBOOT_MEMORY_RESERVED},
    };

    strcpy((char *)memory + LINE_AT, "hv-core.elf32 mode=full-nested");
    strcpy((char *)memory + WORDS_AT, "guest role=kernel -- a b");
    memcpy(memory + MAP_AT, map, sizeof(map));
    *module = (struct multiboot_module){DATA_AT, DATA_AT + 100, WORDS_AT, 0};
    *multiboot = (struct multiboot_info){
        .flags = MULTIBOOT_INFO_CMDLINE | MULTIBOOT_INFO_MODULES | MULTIBOOT_INFO_MEMORY_MAP,
        .cmdline = LINE_AT,
        .mods_count = 1,
        .mods_addr = MODULES_AT,
        .mmap_length = sizeof(map),
        .mmap_addr = MAP_AT,
    };
    return multiboot;
}

START_TEST(multiboot1_is_read)
{
    make_multiboot1();
    ck_assert_ptr_null(multiboot1_read(&window, INFO_AT, &info));
    ck_assert_str_eq(info.command_line, "hv-core.elf32 mode=full-nested");
    ck_assert_uint_eq(info.extent_count, 3);
    ck_assert_uint_eq(info.extents[1].start, 0x100000);
    ck_assert(info.extents[1].usable && !info.extents[2].usable);
    ck_assert_uint_eq(info.module_count, 1);
    ck_assert_uint_eq(info.modules[0].start, DATA_AT);
    ck_assert_uint_eq(info.modules[0].bytes, 100);
    ck_assert_str_eq(info.modules[0].words, "guest role=kernel -- a b");
    ck_assert_uint_eq(info.rsdp, 0);
}
END_TEST

START_TEST(multiboot1_out_of_reach)
{
    make_multiboot1();
    ck_assert_ptr_nonnull(multiboot1_read(&window, MEMORY_BYTES - 4, &info));
    ck_assert_ptr_nonnull(multiboot1_read(&window, UINT64_MAX - 4, &info));
}
END_TEST

START_TEST(multiboot1_needs_a_map)
{
    make_multiboot1()->flags &= ~MULTIBOOT_INFO_MEMORY_MAP;
    ck_assert_ptr_nonnull(multiboot1_read(&window, INFO_AT, &info));
}
END_TEST

START_TEST(multiboot1_map_too_long)
{
    make_multiboot1()->mmap_length = 0xfffffff0;
    ck_assert_ptr_nonnull(multiboot1_read(&window, INFO_AT, &info));
}
END_TEST

START_TEST(multiboot1_map_entry_too_short)
{
    make_multiboot1();
    memory[MAP_AT] = 4;
    ck_assert_ptr_nonnull(multiboot1_read(&window, INFO_AT, &info));
}
END_TEST

START_TEST(multiboot1_broken_modules)
{
    struct multiboot_info *multiboot = make_multiboot1();
    struct multiboot_module *module = (void *)(memory + MODULES_AT);

    multiboot->mods_count = BOOT_INFO_MODULES + 1;
    ck_assert_ptr_nonnull(multiboot1_read(&window, INFO_AT, &info));
    multiboot->mods_count = 1;
    multiboot->mods_addr = 0xfffffff8;
    ck_assert_ptr_nonnull(multiboot1_read(&window, INFO_AT, &info));
    multiboot->mods_addr = MODULES_AT;
    module->end = module->start - 1;
    ck_assert_ptr_nonnull(multiboot1_read(&window, INFO_AT, &info));
    module->end = MEMORY_BYTES + 1;
    ck_assert_ptr_nonnull(multiboot1_read(&window, INFO_AT, &info));
    module->end = MEMORY_BYTES;
    module->cmdline = MEMORY_BYTES - 8;
    memset(memory + MEMORY_BYTES - 8, 'x', 8);
    ck_assert_ptr_nonnull(multiboot1_read(&window, INFO_AT, &info));
}
END_TEST

START_TEST(multiboot1_unterminated_line)
{
    make_multiboot1()->cmdline = 0x8000;
    memset(memory + 0x8000, 'x', MEMORY_BYTES - 0x8000);
    ck_assert_ptr_nonnull(multiboot1_read(&window, INFO_AT, &info));
}
END_TEST

START_TEST(adjacent_extents_are_one)
{
    struct multiboot_info *multiboot = make_multiboot1();
    struct multiboot_mmap_entry *map = (void *)(memory + MAP_AT);

    for (uint32_t i = 0; i < 500; i++)
        map[i] = (struct multiboot_mmap_entry){20, i * 4096, 4096, 1 + (i >= 250)};
    multiboot->mmap_length = 500 * sizeof(*map);
    multiboot->flags &= ~MULTIBOOT_INFO_MODULES;
    ck_assert_ptr_null(multiboot1_read(&window, INFO_AT, &info));
    ck_assert_uint_eq(info.extent_count, 2);
    ck_assert_uint_eq(info.extents[0].bytes, 250 * 4096);
}
END_TEST

START_TEST(too_many_extents_are_left_out)
{
    struct multiboot_info *multiboot = make_multiboot1();
    struct multiboot_mmap_entry *map = (void *)(memory + MAP_AT);

    for (uint32_t i = 0; i < 500; i++)
        map[i] = (struct multiboot_mmap_entry){20, i * 8192, 4096, 1};
    multiboot->mmap_length = 500 * sizeof(*map);
    multiboot->flags &= ~MULTIBOOT_INFO_MODULES;
    ck_assert_ptr_null(multiboot1_read(&window, INFO_AT, &info));
    ck_assert_uint_eq(info.extent_count, BOOT_INFO_EXTENTS);
}
END_TEST

/* Appends a tag; returns where it is. */
static struct multiboot2_tag *add_tag(uint32_t type, const void *content, uint32_t bytes)
{
    struct multiboot2_info *header = (void *)(memory + INFO_AT);
    if (!header->total_size)
        header->total_size = sizeof(*header);
    struct multiboot2_tag *tag = (void *)(memory + INFO_AT + header->total_size);

    *tag = (struct multiboot2_tag){type, bytes + (uint32_t)sizeof(*tag)};
    if (bytes)
        memcpy(tag + 1, content, bytes);
    header->total_size += (tag->size + 7) & ~7u;
    return tag;
}

static struct multiboot2_tag *line_tag, *module_tag, *map_tag;

static void make_multiboot2(void)
{
    static const struct {
        uint32_t start, end;
        char words[16];
    } module = {DATA_AT, DATA_AT + 7, "role=initrd"};
    static const struct {
        uint32_t size, version;
        struct multiboot2_memory_entry entries[2];
    } map = {24, 0, {{0x100000, 0x700000, 1, 0}, {0x800000, 0x8000, 4, 0}}};

    line_tag = add_tag(MULTIBOOT2_TAG_COMMAND_LINE, "mode=full-nested", 17);
    module_tag = add_tag(MULTIBOOT2_TAG_MODULE, &module, 8 + 12);
    map_tag = add_tag(MULTIBOOT2_TAG_MEMORY_MAP, &map, sizeof(map));
    add_tag(MULTIBOOT2_TAG_RSDP_NEW, "RSD PTR ............................", 36);
    add_tag(MULTIBOOT2_TAG_RSDP_OLD, "RSD PTR ...........", 20);
    add_tag(77, "unknown", 7);
    add_tag(MULTIBOOT2_TAG_END, NULL, 0);
}

START_TEST(multiboot2_is_read)
{
    make_multiboot2();
    ck_assert_ptr_null(multiboot2_read(&window, INFO_AT, &info));
    ck_assert_str_eq(info.command_line, "mode=full-nested");
    ck_assert_uint_eq(info.module_count, 1);
    ck_assert_str_eq(info.modules[0].words, "role=initrd");
    ck_assert_uint_eq(info.extent_count, 2);
    ck_assert(info.extents[0].usable && !info.extents[1].usable);
    ck_assert_int_eq(memcmp(memory + info.rsdp, "RSD PTR ", 8), 0);
    ck_assert_uint_eq(((struct multiboot2_tag *)(memory + info.rsdp) - 1)->type, MULTIBOOT2_TAG_RSDP_NEW);
}
END_TEST

START_TEST(multiboot2_broken_header)
{
    make_multiboot2();
    ck_assert_ptr_nonnull(multiboot2_read(&window, INFO_AT + 4, &info));
    ck_assert_ptr_nonnull(multiboot2_read(&window, MEMORY_BYTES, &info));
    ((struct multiboot2_info *)(memory + INFO_AT))->total_size = MEMORY_BYTES;
    ck_assert_ptr_nonnull(multiboot2_read(&window, INFO_AT, &info));
    ((struct multiboot2_info *)(memory + INFO_AT))->total_size = 4;
    ck_assert_ptr_nonnull(multiboot2_read(&window, INFO_AT, &info));
}
END_TEST

START_TEST(multiboot2_without_end)
{
    make_multiboot2();
    ((struct multiboot2_info *)(memory + INFO_AT))->total_size -= 8;
    ck_assert_ptr_nonnull(multiboot2_read(&window, INFO_AT, &info));
}
END_TEST

/* Each tag with each wrong size: an error or not, but never a read outside (ASan) and never a hang. */
START_TEST(multiboot2_any_size)
{
    struct multiboot2_tag **tags[] = {&line_tag, &module_tag, &map_tag};

    for (unsigned which = 0; which < 3; which++)
        for (uint32_t size = 0; size < 128; size++) {
            memset(memory, 0, MEMORY_BYTES);
            memset(&info, 0, sizeof(info));
            make_multiboot2();
            (*tags[which])->size = size;
            const char *error = multiboot2_read(&window, INFO_AT, &info);
            if (size < sizeof(struct multiboot2_tag))
                ck_assert_ptr_nonnull(error);
        }
    make_multiboot2();
    map_tag->size = UINT32_MAX;
    ck_assert_ptr_nonnull(multiboot2_read(&window, INFO_AT, &info));
}
END_TEST

START_TEST(multiboot2_map_entry_size)
{
    make_multiboot2();
    ((struct multiboot2_memory_map *)map_tag)->entry_size = 0;
    ck_assert_ptr_nonnull(multiboot2_read(&window, INFO_AT, &info));
    ((struct multiboot2_memory_map *)map_tag)->entry_size = 0xfffffff8;
    ck_assert_ptr_nonnull(multiboot2_read(&window, INFO_AT, &info));
}
END_TEST

START_TEST(multiboot2_line_too_long)
{
    char line[BOOT_INFO_COMMAND_LINE_BYTES + 1];

    memset(line, 'x', sizeof(line) - 1);
    line[sizeof(line) - 1] = 0;
    add_tag(MULTIBOOT2_TAG_COMMAND_LINE, line, sizeof(line));
    add_tag(MULTIBOOT2_TAG_END, NULL, 0);
    ck_assert_ptr_nonnull(multiboot2_read(&window, INFO_AT, &info));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("boot_info");
    TCase *cases = tcase_create("multiboot");
    const TTest *const tests[] = {
        multiboot1_is_read,           multiboot1_out_of_reach,        multiboot1_needs_a_map,
        multiboot1_map_too_long,      multiboot1_map_entry_too_short, multiboot1_broken_modules,
        multiboot1_unterminated_line, adjacent_extents_are_one,       too_many_extents_are_left_out,
        multiboot2_is_read,           multiboot2_broken_header,       multiboot2_without_end,
        multiboot2_any_size,          multiboot2_map_entry_size,      multiboot2_line_too_long,
    };

    tcase_add_checked_fixture(cases, set_up, tear_down);
    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_test(cases, tests[i]);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}

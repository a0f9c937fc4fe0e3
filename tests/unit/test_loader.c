/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest loader: what it lays down, what it refuses, and that no corrupted file makes it touch what is not the
 * guest's (AddressSanitizer watches exact allocations).
 */
#include "core/elf_image.h"
#include "core/loader.h"
#include "suite.h"
#include <coopvirt/elf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_BYTES 0x400000

static char *ram;
static struct guest_memory memory;
static struct loader_output output;

static void *fake_address(coop_paddr machine) { return ram + machine; }

static void set_up(void)
{
    ram = calloc(1, MEMORY_BYTES);
    memset(&memory, 0, sizeof(memory));
    memory.address = fake_address;
    guest_memory_add(&memory, &(struct guest_memory_range){0, 0xa0000, 0, true});
    guest_memory_add(&memory, &(struct guest_memory_range){0xe0000, 0x20000, 0xe0000, false});
    guest_memory_add(&memory, &(struct guest_memory_range){0x100000, MEMORY_BYTES - 0x100000, 0x100000, true});
}

static void tear_down(void) { free(ram); }

struct image64 {
    struct elf64_header header;
    struct elf64_segment segments[2];
    uint32_t multiboot[3];
    char text[64];
    char data[32];
};

static struct image64 good64(void)
{
    struct image64 i = {
        .header = {.magic = ELF_MAGIC, .class = ELF_CLASS_64, .data = 1, .machine = ELF_MACHINE_X86_64,
                   .entry = 0x100010, .phoff = offsetof(struct image64, segments), .phentsize = 56, .phnum = 2},
        .segments = {{ELF_SEGMENT_LOAD, 5, offsetof(struct image64, text), 0xffff0000, 0x100000, 64, 64, 4096},
                     {ELF_SEGMENT_LOAD, 6, offsetof(struct image64, data), 0xffff1000, 0x101000, 32, 0x1000, 4096}},
        .multiboot = {MULTIBOOT_HEADER_MAGIC, 3, -(MULTIBOOT_HEADER_MAGIC + 3)},
    };
    memset(i.text, 't', sizeof(i.text));
    memset(i.data, 'd', sizeof(i.data));
    return i;
}

static const char *load(const void *bytes, size_t size, const char *words)
{
    struct loader_input input = {.kernel = {bytes, size, words}, .module_count = 1,
                                 .modules = {{"initial ramdisk", 15, "role=initrd x=1"}}};
    return loader_load(&memory, &input, &output);
}

START_TEST(test_loads)
{
    struct image64 image = good64();
    memset(ram + 0x101000, 'x', 0x1000);
    ck_assert_ptr_null(load(&image, sizeof(image), "role=kernel -- console=ttyS0 quiet"));
    ck_assert_uint_eq(output.entry, 0x100010);
    ck_assert_uint_eq(output.eax, MULTIBOOT_BOOT_MAGIC);
    ck_assert_int_eq(ram[0x10003f], 't');
    ck_assert_int_eq(ram[0x10101f], 'd');
    ck_assert_int_eq(ram[0x101020], 0);
    ck_assert_int_eq(ram[0x101fff], 0);
    struct multiboot_info info;
    memcpy(&info, ram + output.ebx, sizeof(info));
    ck_assert_str_eq(ram + info.cmdline, "console=ttyS0 quiet");
    ck_assert_uint_eq(info.mem_lower, 640);
    ck_assert_uint_eq(info.mem_upper, 3072);
    ck_assert_uint_eq(info.mods_count, 1);
    struct multiboot_module module;
    memcpy(&module, ram + info.mods_addr, sizeof(module));
    ck_assert_uint_eq(module.start, MEMORY_BYTES - 4096);
    ck_assert_uint_eq(module.end - module.start, 15);
    ck_assert_str_eq(ram + module.start, "initial ramdisk");
    ck_assert_str_eq(ram + module.cmdline, "role=initrd x=1");
    struct multiboot_mmap_entry entry;
    ck_assert_uint_eq(info.mmap_length, 3 * sizeof(entry));
    memcpy(&entry, ram + info.mmap_addr + sizeof(entry), sizeof(entry));
    ck_assert_uint_eq(entry.base, 0xe0000);
    ck_assert_uint_eq(entry.type, MULTIBOOT_MEMORY_RESERVED);
}
END_TEST

START_TEST(test_entry_by_virtual_address)
{
    struct image64 image = good64();
    image.header.entry = 0xffff0020;
    ck_assert_ptr_null(load(&image, sizeof(image), ""));
    ck_assert_uint_eq(output.entry, 0x100020);
}
END_TEST

START_TEST(test_command_line)
{
    ck_assert_str_eq(loader_command_line("role=kernel"), "");
    ck_assert_str_eq(loader_command_line("role=kernel -- a b"), "a b");
    ck_assert_str_eq(loader_command_line("role=kernel --"), "");
    ck_assert_str_eq(loader_command_line("x=--y -- -- z"), "-- z");
}
END_TEST

/* Applies a change to a good image, which must then be refused with a text that holds `part`. */
#define REFUSES(part, change)                                                                                          \
    do {                                                                                                               \
        struct image64 image = good64();                                                                               \
        change;                                                                                                        \
        const char *error = load(&image, sizeof(image), "");                                                           \
        ck_assert_ptr_nonnull(error);                                                                                  \
        ck_assert_msg(strstr(error, part), "%s", error);                                                               \
    } while (0)

START_TEST(test_refuses)
{
    REFUSES("no little-endian ELF", image.header.magic++);
    REFUSES("not for x86-64", image.header.machine = 40);
    REFUSES("not for x86", image.header.class = 3);
    REFUSES("program headers", image.header.phoff = UINT64_MAX);
    REFUSES("program headers", image.header.phnum = 60000);
    REFUSES("a segment is missing", image.segments[0].offset = UINT64_MAX - 8);
    REFUSES("a segment is missing", image.segments[1].filesz = image.segments[1].memsz = 0x100000);
    REFUSES("impossible size", image.segments[1].filesz = 0x1001);
    REFUSES("impossible size", image.segments[1].memsz = UINT64_MAX);
    REFUSES("overlapping", image.segments[1].paddr = 0x10003f);
    REFUSES("entry point", image.header.entry = 0x500000);
    REFUSES("nothing to load", image.segments[0].type = image.segments[1].type = ELF_SEGMENT_NOTE);
    REFUSES("Multiboot header", image.multiboot[2]++);
    REFUSES("Multiboot header", (image.multiboot[1] = 7, image.multiboot[2] -= 4)); /* demands a video mode */
    REFUSES("does not fit", image.segments[1].paddr = MEMORY_BYTES - 0x800);
    REFUSES("does not fit", image.segments[1].paddr = 0xe0000);
    REFUSES("Multiboot information", image.segments[1].paddr = 0x9000);
}
END_TEST

START_TEST(test_module_too_large)
{
    struct image64 image = good64();
    struct loader_input input = {.kernel = {&image, sizeof(image), ""}, .module_count = 1,
                                 .modules = {{ram, MEMORY_BYTES, ""}}};
    ck_assert_ptr_nonnull(strstr(loader_load(&memory, &input, &output), "modules that do not fit"));
    input.modules[0].size = UINT64_MAX;
    ck_assert_ptr_nonnull(loader_load(&memory, &input, &output));
}
END_TEST

START_TEST(test_truncated_anywhere)
{
    struct image64 image = good64();
    for (size_t size = 0; size < offsetof(struct image64, data) + 32; size++) {
        char *copy = malloc(size ? size : 1); /* exactly as long as it says */
        memcpy(copy, &image, size);
        ck_assert_ptr_nonnull(load(copy, size, ""));
        free(copy);
    }
}
END_TEST

START_TEST(test_random_damage)
{
    srand(7);
    for (unsigned round = 0; round < 20000; round++) {
        struct image64 image = good64();
        for (unsigned i = 0; i < 4; i++)
            ((uint8_t *)&image)[rand() % offsetof(struct image64, text)] = (uint8_t)rand();
        struct elf_image parsed;
        if (!elf_image_read(&image, sizeof(image), &parsed))
            for (unsigned i = 0; i < parsed.count; i++)
                ck_assert_uint_le(parsed.segments[i].offset + parsed.segments[i].file_bytes, sizeof(image));
        load(&image, sizeof(image), "");
    }
}
END_TEST

START_TEST(test_elf32)
{
    struct {
        struct elf32_header header;
        struct elf32_segment segment;
        uint32_t multiboot[3];
        char text[16];
    } image = {
        .header = {.magic = ELF_MAGIC, .class = ELF_CLASS_32, .data = 1, .machine = ELF_MACHINE_386, .entry = 0x200000,
                   .phoff = 52, .phentsize = 32, .phnum = 1},
        .segment = {ELF_SEGMENT_LOAD, 96, 0x200000, 0x200000, 16, 16, 5, 4096},
        .multiboot = {MULTIBOOT_HEADER_MAGIC, 0, -MULTIBOOT_HEADER_MAGIC},
        .text = "32-bit kernel",
    };
    ck_assert_ptr_null(load(&image, sizeof(image), ""));
    ck_assert_uint_eq(output.entry, 0x200000);
    ck_assert_str_eq(ram + 0x200000, "32-bit kernel");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loader");
    TCase *tests = tcase_create("loader");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_loads);
    tcase_add_test(tests, test_entry_by_virtual_address);
    tcase_add_test(tests, test_command_line);
    tcase_add_test(tests, test_refuses);
    tcase_add_test(tests, test_module_too_large);
    tcase_add_test(tests, test_truncated_anywhere);
    tcase_add_test(tests, test_random_damage);
    tcase_add_test(tests, test_elf32);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}

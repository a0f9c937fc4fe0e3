/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernels by the Linux boot protocol and by PVH: what the loader lays down for them, what it refuses, and that no
 * damaged file makes it touch what is not the guest's (AddressSanitizer watches exact allocations).
 */
#include "core/elf_image.h"
#include "core/linux_image.h"
#include "core/loader.h"
#include "device_suite.h"
#include <coopvirt/elf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_BYTES 0x1000000
#define IMAGE_BYTES  0x1400 /* five sectors of real mode, and as much for protected mode */
#define CODE         0xa00

static char *ram;
static struct guest_memory memory;
static struct loader_output output;
static uint8_t image[IMAGE_BYTES];

static void *fake_address(coop_paddr machine) { return ram + machine; }

static void put(size_t offset, uint64_t value, size_t bytes) { memcpy(image + offset, &value, bytes); }

static uint64_t get(uint64_t address, size_t bytes)
{
    uint64_t value = 0;
    memcpy(&value, ram + address, bytes);
    return value;
}

static void make_image(void)
{
    memset(image, 0, sizeof(image));
    memset(image + CODE, 'c', sizeof(image) - CODE);
    put(0x1f1, 4, 1);
    put(0x1f4, 0xa0, 4);
    put(0x1fe, 0xaa55, 2);
    put(0x200, 0x6aeb, 2);
    memcpy(image + 0x202, "HdrS", 4);
    put(0x206, 0x20f, 2);
    put(0x211, 1, 1);
    put(0x22c, 0x7fffffff, 4);
    put(0x230, 0x200000, 4);
    put(0x234, 1, 1);
    put(0x238, 2047, 4);
    put(0x258, 0x200000, 8);
    put(0x260, 0x300000, 4);
}

static void set_up(void)
{
    ram = calloc(1, MEMORY_BYTES);
    memset(&memory, 0, sizeof(memory));
    memory.address = fake_address;
    guest_memory_add(&memory, &(struct guest_memory_range){0, 0xa0000, 0, true});
    guest_memory_add(&memory, &(struct guest_memory_range){0xb8000, 0x8000, 0xb8000, true});
    guest_memory_add(&memory, &(struct guest_memory_range){0xe0000, 0x20000, 0xe0000, false});
    guest_memory_add(&memory, &(struct guest_memory_range){0x100000, 0x300000, 0x100000, true});
    guest_memory_add(&memory, &(struct guest_memory_range){0x400000, MEMORY_BYTES - 0x400000, 0x400000, true});
    make_image();
}

static void tear_down(void) { free(ram); }

static const char *load(const void *bytes, size_t size, const char *words)
{
    struct loader_input input = {.kernel = {bytes, size, words}, .module_count = 1,
                                 .modules = {{"initial ramdisk", 15, "role=initrd"}}};
    return loader_load(&memory, &input, &output);
}

START_TEST(test_linux)
{
    ck_assert_ptr_null(load(image, sizeof(image), "role=kernel -- console=ttyS0 quiet"));
    ck_assert_uint_eq(output.entry, 0x100000);
    ck_assert_uint_eq(output.code_selector, 0x10);
    ck_assert_uint_eq(output.data_selector, 0x18);
    ck_assert_uint_eq(output.ebx, 0);
    ck_assert_uint_eq(get(output.gdt + 0x10, 8), 0x00cf9b000000ffff);
    ck_assert_uint_eq(get(output.gdt + 0x18, 8), 0x00cf93000000ffff);
    ck_assert_uint_eq(output.gdt_limit, 31);
    ck_assert_int_eq(ram[0x100000], 'c');
    ck_assert_int_eq(ram[0x100000 + IMAGE_BYTES - CODE - 1], 'c');
    ck_assert_int_eq(ram[0x100000 + IMAGE_BYTES - CODE], 0);
    uint64_t page = output.esi;
    ck_assert_uint_eq(get(page + 0x202, 4), 0x53726448);
    ck_assert_uint_eq(get(page + 0x210, 1), 0xff);
    ck_assert_uint_eq(get(page + 0x214, 4), 0x100000);
    ck_assert_str_eq(ram + get(page + 0x228, 4), "console=ttyS0 quiet");
    ck_assert_uint_eq(get(page + 0x218, 4), MEMORY_BYTES - 4096);
    ck_assert_uint_eq(get(page + 0x21c, 4), 15);
    ck_assert_str_eq(ram + MEMORY_BYTES - 4096, "initial ramdisk");
    static const uint64_t map[][3] = {{0, 0xa0000, 1}, {0xb8000, 0x8000, 2}, {0xe0000, 0x20000, 2},
                                      {0x100000, 0x300000, 1}, {0x400000, MEMORY_BYTES - 0x400000, 1}};
    ck_assert_uint_eq(get(page + 0x1e8, 1), 5);
    for (unsigned i = 0; i < 5; i++) {
        ck_assert_uint_eq(get(page + 0x2d0 + i * 20, 8), map[i][0]);
        ck_assert_uint_eq(get(page + 0x2d8 + i * 20, 8), map[i][1]);
        ck_assert_uint_eq(get(page + 0x2e0 + i * 20, 4), map[i][2]);
    }
}
END_TEST

START_TEST(test_initrd_limit)
{
    put(0x22c, 0xbfffff, 4);
    ck_assert_ptr_null(load(image, sizeof(image), ""));
    ck_assert_uint_eq(get(output.esi + 0x218, 4), 0xc00000 - 4096);
    put(0x22c, 0x4fffff, 4); /* there the kernel unpacks itself */
    ck_assert_ptr_nonnull(strstr(load(image, sizeof(image), ""), "modules that do not fit"));
}
END_TEST

/* Applies a change to a good image, which must then be refused with a text that holds `part`. */
#define REFUSES(part, change)                                                                                          \
    do {                                                                                                               \
        make_image();                                                                                                  \
        change;                                                                                                        \
        const char *error = load(image, sizeof(image), "");                                                            \
        ck_assert_ptr_nonnull(error);                                                                                  \
        ck_assert_msg(strstr(error, part), "%s", error);                                                               \
    } while (0)

START_TEST(test_refuses)
{
    REFUSES("no little-endian ELF", image[0x202] ^= 1);
    REFUSES("older than 2.02", put(0x206, 0x201, 2));
    REFUSES("part for protected mode is missing", put(0x1f1, 9, 1));
    REFUSES("part for protected mode is missing", put(0x1f1, 255, 1));
    REFUSES("end of the part for protected mode", put(0x1f4, 0xa2, 4));
    REFUSES("shorter than its version", put(0x201, 0x20, 1));
    REFUSES("does not fit into the VM's memory", put(0x260, MEMORY_BYTES, 4));
    REFUSES("does not fit into the VM's memory", put(0x260, 0xffffffff, 4));
    REFUSES("does not fit into the VM's memory", put(0x258, MEMORY_BYTES - 0x1000, 8));
    REFUSES("does not fit into the VM's memory", put(0x258, UINT64_MAX, 8));
    REFUSES("modules that do not fit", put(0x22c, 0, 4));
    make_image();
    put(0x238, 3, 4);
    ck_assert_ptr_nonnull(strstr(load(image, sizeof(image), "-- quiet"), "no command line of this length"));
}
END_TEST

START_TEST(test_low_kernel)
{
    static uint8_t large[0x90000];
    put(0x211, 0, 1);
    put(0x206, 0x202, 2);
    ck_assert_ptr_null(load(image, sizeof(image), ""));
    ck_assert_uint_eq(output.entry, 0x10000);
    put(0x1f4, 0, 4);
    memcpy(large, image, sizeof(image));
    ck_assert_ptr_nonnull(strstr(load(large, sizeof(large), ""), "below 640 KiB"));
}
END_TEST

START_TEST(test_truncated_anywhere)
{
    for (size_t size = 0; size <= CODE; size++) {
        uint8_t *copy = malloc(size ? size : 1); /* exactly as long as it says */
        memcpy(copy, image, size);
        ck_assert_ptr_nonnull(load(copy, size, ""));
        free(copy);
    }
}
END_TEST

START_TEST(test_random_damage)
{
    srand(11);
    for (unsigned round = 0; round < 20000; round++) {
        make_image();
        for (unsigned i = 0; i < 6; i++)
            image[0x1f1 + (unsigned)rand() % 0x80] = (uint8_t)rand();
        struct linux_image parsed;
        if (!linux_image_read(image, sizeof(image), &parsed)) {
            ck_assert_uint_le(parsed.header_end, LINUX_IMAGE_HEADER_END);
            ck_assert_uint_le(parsed.offset + parsed.bytes, sizeof(image));
            ck_assert_uint_ge(parsed.end, parsed.address + parsed.bytes);
        }
        load(image, sizeof(image), "");
    }
}
END_TEST

struct pvh_image {
    struct elf64_header header;
    struct elf64_segment segments[2];
    uint32_t first[6], note[6];
    char text[64];
};

static struct pvh_image good_pvh(void)
{
    struct pvh_image pvh = {
        .header = {.magic = ELF_MAGIC, .class = ELF_CLASS_64, .data = 1, .machine = ELF_MACHINE_X86_64,
                   .entry = 0x200000, .phoff = offsetof(struct pvh_image, segments), .phentsize = 56, .phnum = 2},
        .segments = {{ELF_SEGMENT_NOTE, 4, offsetof(struct pvh_image, first), 0, 0, 48, 48, 4},
                     {ELF_SEGMENT_LOAD, 5, offsetof(struct pvh_image, text), 0xffffffff81000000, 0x200000, 64, 4096,
                      8}},
        .first = {4, 6, 6, 0, 0x756e696c, 0x78},
        .note = {4, 8, 18, 0, 0x200010, 0},
    };
    memcpy(&pvh.first[3], "Xen", 4);
    memcpy(&pvh.note[3], "Xen", 4);
    memset(pvh.text, 't', sizeof(pvh.text));
    return pvh;
}

START_TEST(test_pvh)
{
    struct pvh_image pvh = good_pvh();
    ck_assert_ptr_null(load(&pvh, sizeof(pvh), "role=kernel -- console=ttyS0"));
    ck_assert_uint_eq(output.entry, 0x200010);
    ck_assert_int_eq(ram[0x20003f], 't');
    uint64_t start = output.ebx;
    ck_assert_uint_eq(get(start, 4), 0x336ec578);
    ck_assert_uint_eq(get(start + 4, 4), 1);
    ck_assert_uint_eq(get(start + 12, 4), 1);
    ck_assert_str_eq(ram + get(start + 24, 8), "console=ttyS0");
    uint64_t module = get(start + 16, 8), map = get(start + 40, 8);
    ck_assert_str_eq(ram + get(module, 8), "initial ramdisk");
    ck_assert_uint_eq(get(module + 8, 8), 15);
    ck_assert_uint_eq(get(start + 48, 4), 5);
    ck_assert_uint_eq(get(map + 24, 8), 0xb8000);
    ck_assert_uint_eq(get(map + 24 + 16, 4), 2);
    ck_assert_uint_eq(get(map + 72 + 8, 8), 0x300000);
}
END_TEST

START_TEST(test_pvh_refuses)
{
    struct pvh_image pvh = good_pvh();
    pvh.note[4] = 0x300000; /* outside of the segments */
    ck_assert_ptr_nonnull(strstr(load(&pvh, sizeof(pvh), ""), "no PVH entry"));
    pvh = good_pvh();
    pvh.first[0] = 0xffffffff; /* a note that leads far away */
    ck_assert_ptr_nonnull(strstr(load(&pvh, sizeof(pvh), ""), "no PVH entry"));
    pvh = good_pvh();
    pvh.segments[0].filesz = 1 << 20;
    ck_assert_ptr_nonnull(strstr(load(&pvh, sizeof(pvh), ""), "no PVH entry"));
    pvh = good_pvh();
    pvh.segments[1].paddr = pvh.header.entry = 0x90000;
    pvh.note[4] = 0x90000;
    ck_assert_ptr_nonnull(strstr(load(&pvh, sizeof(pvh), ""), "below 1 MiB"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loader_linux");
    TCase *tests = tcase_create("loader_linux");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_linux);
    tcase_add_test(tests, test_initrd_limit);
    tcase_add_test(tests, test_refuses);
    tcase_add_test(tests, test_low_kernel);
    tcase_add_test(tests, test_truncated_anywhere);
    tcase_add_test(tests, test_random_damage);
    tcase_add_test(tests, test_pvh);
    tcase_add_test(tests, test_pvh_refuses);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}

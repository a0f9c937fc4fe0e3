/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The direct entry's start information: what a hypervisor really gives, in several extents, and what makes no sense.
 */
#include "boot/start_info.h"
#include "suite.h"
#include <stdlib.h>
#include <string.h>

#define MEMORY_BYTES 65536u
#define INFO_AT      0x1000
#define LINE_AT      0x3000
#define WORDS_AT     0x4000

static uint8_t *memory; /* on the heap, so that its end is guarded */
static struct coop_start_info *info;
static struct boot_information information;

static void set_up(void)
{
    memory = aligned_alloc(4096, MEMORY_BYTES);
    memset(memory, 0, MEMORY_BYTES);
    memset(&information, 0, sizeof(information));
    info = (struct coop_start_info *)(memory + INFO_AT);
    *info = (struct coop_start_info){.size = sizeof(*info), .version = COOP_ABI_VERSION, .vcpus = 1};
    info->extents[0] = (struct coop_extent){.base = 0x200000, .bytes = 0x100000, .type = COOP_EXTENT_BOOT};
    info->extents[1] = (struct coop_extent){.base = 0x300000, .bytes = 0x500000, .type = COOP_EXTENT_FREE};
    info->extents[2] = (struct coop_extent){.base = 0x140000000, .bytes = 0x40000000, .type = COOP_EXTENT_FREE};
    info->extent_count = 3;
    info->command_line = LINE_AT;
    strcpy((char *)memory + LINE_AT, "tick=0 log=info");
    info->modules[0] = (struct coop_module){.base = 0x280000, .bytes = 12345, .words = WORDS_AT};
    info->modules[1] = (struct coop_module){.base = 0x290000, .bytes = 4096, .words = 0};
    info->module_count = 2;
    strcpy((char *)memory + WORDS_AT, "initramfs.cpio role=initrd");
}

static void tear_down(void)
{
    free(memory);
}

START_TEST(everything)
{
    struct boot_extent free[BOOT_EXTENTS];
    boot_start_info_read(memory, info, &information);
    ck_assert_ptr_null(information.error);
    ck_assert_uint_eq(information.memory_count, 3);
    ck_assert_str_eq(information.command_line, "tick=0 log=info");
    ck_assert_uint_eq(information.initrd.base, 0x280000);
    ck_assert_uint_eq(information.initrd.bytes, 12345);
    ck_assert_uint_eq(boot_information_free(&information, 0, free, BOOT_EXTENTS), 2);
    ck_assert_uint_eq(free[0].base, 0x300000);
    ck_assert_uint_eq(free[1].base, 0x140000000);
    ck_assert_uint_eq(free[1].bytes, 0x40000000);
}
END_TEST

START_TEST(a_limit_counts_over_extents)
{
    struct boot_extent free[BOOT_EXTENTS];
    boot_start_info_read(memory, info, &information);
    ck_assert_uint_eq(boot_information_free(&information, 0x600000, free, BOOT_EXTENTS), 2);
    ck_assert_uint_eq(free[1].bytes, 0x100000);
}
END_TEST

START_TEST(all_extents_of_a_page)
{
    for (unsigned i = 0; i < COOP_EXTENTS; i++)
        info->extents[i] =
            (struct coop_extent){.base = (i + 16) * 0x3000ul, .bytes = 0x1000, .type = i % 2 ? COOP_EXTENT_FREE : 2};
    info->extent_count = COOP_EXTENTS;
    boot_start_info_read(memory, info, &information);
    ck_assert_ptr_null(information.error);
    ck_assert_uint_eq(information.memory_count, COOP_EXTENTS);
    ck_assert_uint_eq(information.reserved_count, COOP_EXTENTS / 2);
}
END_TEST

/* Each makes one thing wrong. */
static void odd_version(void)
{
    info->version = COOP_ABI_VERSION + 0x10000;
}
static void odd_size(void)
{
    info->size = sizeof(*info) - 8;
}
static void odd_extents(void)
{
    info->extent_count = COOP_EXTENTS + 1;
}
static void odd_many(void)
{
    info->extent_count = UINT32_MAX;
}
static void odd_modules(void)
{
    info->module_count = COOP_MODULES + 1;
}
static void odd_order(void)
{
    info->extents[2].base = 0x700000;
}
static void odd_wrap(void)
{
    info->extents[2].bytes = ~0xffful;
}
static void odd_frames(void)
{
    info->extents[1].bytes = 0x500010;
}
static void odd_module(void)
{
    info->modules[0].bytes = ~0ul;
}

static const struct {
    const char *name;
    void (*make)(void);
} odds[] = {
    {"version", odd_version}, {"size", odd_size},       {"extents", odd_extents},
    {"many", odd_many},       {"modules", odd_modules}, {"order", odd_order},
    {"wrap", odd_wrap},       {"frames", odd_frames},   {"module", odd_module},
};

START_TEST(odd_information_is_refused)
{
    odds[_i].make();
    boot_start_info_read(memory, info, &information);
    ck_assert_msg(information.error, "%s went unnoticed", odds[_i].name);
    ck_assert_uint_le(information.memory_count, BOOT_EXTENTS);
}
END_TEST

START_TEST(nothing_named)
{
    info->command_line = 0;
    info->module_count = 0;
    info->extent_count = 0;
    boot_start_info_read(memory, info, &information);
    ck_assert_ptr_null(information.error);
    ck_assert_uint_eq(information.memory_count + information.initrd.bytes, 0);
}
END_TEST

/* After Multiboot: the shared pages are kept, once, whether the map has them or not. */
START_TEST(shared_pages)
{
    info->hypercall_page = 0x5000;
    info->vcpu = 0x6000;
    info->vcpus = 2;
    boot_information_add(&information, information.memory, &information.memory_count, 0, 0x6000);
    boot_start_info_keep(memory, info, &information);
    ck_assert_uint_eq(information.memory_count, 2);
    ck_assert_uint_eq(information.memory[1].base, 0x6000);
    ck_assert_uint_eq(information.memory[1].bytes, 0x2000);
    ck_assert_uint_eq(information.reserved_count, 3);
    ck_assert_uint_eq(information.reserved[0].base, INFO_AT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest_start_info");
    TCase *tcase = tcase_create("start information");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, everything);
    tcase_add_test(tcase, a_limit_counts_over_extents);
    tcase_add_test(tcase, all_extents_of_a_page);
    tcase_add_loop_test(tcase, odd_information_is_refused, 0, sizeof(odds) / sizeof(odds[0]));
    tcase_add_test(tcase, nothing_named);
    tcase_add_test(tcase, shared_pages);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small pure parts of the guest kernel: sets of signals, the start information, the calendar.
 */
#include "boot/multiboot.h"
#include "drivers/rtc.h"
#include "kernel/signal_set.h"
#include "suite.h"
#include <coopvirt/multiboot.h>
#include <stdlib.h>
#include <string.h>

START_TEST(signals_come_in_order)
{
    uint64_t pending = signal_bit(SIGNAL_TERM) | signal_bit(SIGNAL_INT) | signal_bit(SIGNAL_LAST);
    ck_assert_uint_eq(signal_set_next(pending, 0), SIGNAL_INT);
    ck_assert_uint_eq(signal_set_next(pending, signal_bit(SIGNAL_INT)), SIGNAL_TERM);
    ck_assert_uint_eq(signal_set_next(pending | signal_bit(SIGNAL_SEGV), 0), SIGNAL_SEGV);
    ck_assert_uint_eq(signal_set_next(pending | signal_bit(SIGNAL_SEGV) | signal_bit(SIGNAL_KILL), 0), SIGNAL_KILL);
    ck_assert_uint_eq(signal_set_next(signal_bit(SIGNAL_LAST), 0), SIGNAL_LAST);
    ck_assert_uint_eq(signal_set_next(0, 0), 0);
}
END_TEST

START_TEST(two_signals_cannot_be_blocked)
{
    uint64_t mask = 0;
    ck_assert_uint_eq(signal_set_next(signal_bit(SIGNAL_KILL), ~0ul), SIGNAL_KILL);
    ck_assert_uint_eq(signal_set_next(signal_bit(SIGNAL_STOP), ~0ul), SIGNAL_STOP);
    ck_assert_uint_eq(signal_set_next(signal_bit(SIGNAL_SEGV), ~0ul), 0);
    ck_assert(signal_set_change(&mask, 2, ~0ul));
    ck_assert_uint_eq(mask, ~SIGNAL_SET_UNBLOCKABLE);
    ck_assert(signal_set_change(&mask, 1, signal_bit(SIGNAL_INT)));
    ck_assert_uint_eq(mask & signal_bit(SIGNAL_INT), 0);
    ck_assert(signal_set_change(&mask, 0, signal_bit(SIGNAL_INT)));
    ck_assert_uint_ne(mask & signal_bit(SIGNAL_INT), 0);
    ck_assert(!signal_set_change(&mask, 3, 0));
}
END_TEST

START_TEST(default_actions)
{
    ck_assert_int_eq(signal_default_action(SIGNAL_TERM), SIGNAL_DEFAULT_END);
    ck_assert_int_eq(signal_default_action(SIGNAL_SEGV), SIGNAL_DEFAULT_DUMP);
    ck_assert_int_eq(signal_default_action(SIGNAL_CHLD), SIGNAL_DEFAULT_IGNORE);
    ck_assert_int_eq(signal_default_action(SIGNAL_TSTP), SIGNAL_DEFAULT_STOP);
    ck_assert_int_eq(signal_default_action(SIGNAL_CONT), SIGNAL_DEFAULT_CONTINUE);
    ck_assert_int_eq(signal_default_action(SIGNAL_LAST), SIGNAL_DEFAULT_END);
}
END_TEST

START_TEST(free_memory_leaves_out_what_is_taken)
{
    static struct boot_information information;
    struct boot_extent free_extents[8];
    memset(&information, 0, sizeof(information));
    boot_information_add(&information, information.memory, &information.memory_count, 0, 0x9fc00);
    boot_information_add(&information, information.memory, &information.memory_count, 0x100000, 0xf00000);
    boot_information_add(&information, information.reserved, &information.reserved_count, 0x400100, 0x100);
    boot_information_add(&information, information.reserved, &information.reserved_count, 0x300000, 0x1000);
    unsigned count = boot_information_free(&information, 0, free_extents, 8);
    ck_assert_uint_eq(count, 4);
    ck_assert_uint_eq(free_extents[0].base, 0x10000);
    ck_assert_uint_eq(free_extents[0].bytes, 0x8f000);
    ck_assert_uint_eq(free_extents[1].base, 0x100000);
    ck_assert_uint_eq(free_extents[1].bytes, 0x200000);
    ck_assert_uint_eq(free_extents[2].base, 0x301000);
    ck_assert_uint_eq(free_extents[2].bytes, 0xff000);
    ck_assert_uint_eq(free_extents[3].base, 0x401000);
    ck_assert_uint_eq(free_extents[3].base + free_extents[3].bytes, 0x1000000);
    count = boot_information_free(&information, 1 << 20, free_extents, 8);
    uint64_t sum = 0;
    for (unsigned i = 0; i < count; i++)
        sum += free_extents[i].bytes;
    ck_assert_uint_eq(sum, 1 << 20);
    ck_assert_uint_eq(boot_information_free(&information, 0, free_extents, 2), 2);
}
END_TEST

START_TEST(reserved_over_the_whole_extent)
{
    static struct boot_information information;
    struct boot_extent free_extents[8];
    memset(&information, 0, sizeof(information));
    boot_information_add(&information, information.memory, &information.memory_count, 0x100000, 0x1000);
    boot_information_add(&information, information.reserved, &information.reserved_count, 0x80000, 0x200000);
    ck_assert_uint_eq(boot_information_free(&information, 0, free_extents, 8), 0);
}
END_TEST

/* A fake physical memory with what a loader leaves. */
static uint8_t window[0x10000];

static struct multiboot_info *loader(void)
{
    static const struct multiboot_mmap_entry map[] = {{20, 0, 0x9f000, MULTIBOOT_MEMORY_AVAILABLE},
                                                      {20, 0xf0000, 0x10000, MULTIBOOT_MEMORY_RESERVED},
                                                      {20, 0x100000, 0x7f00000, MULTIBOOT_MEMORY_AVAILABLE}};
    static const struct multiboot_module modules[] = {{0x800000, 0x801000, 0x3000, 0}, {0x900000, 0x900800, 0x3100, 0}};
    struct multiboot_info *info = (struct multiboot_info *)(window + 0x1000);
    memset(window, 0, sizeof(window));
    memcpy(window + 0x2000, map, sizeof(map));
    memcpy(window + 0x2800, modules, sizeof(modules));
    strcpy((char *)window + 0x3000, "some/file role=disk");
    strcpy((char *)window + 0x3100, "some/file role=initrd");
    strcpy((char *)window + 0x3200, "kernel tick=5");
    info->flags = MULTIBOOT_INFO_MEMORY_MAP | MULTIBOOT_INFO_MODULES | MULTIBOOT_INFO_CMDLINE;
    info->mmap_addr = 0x2000;
    info->mmap_length = sizeof(map);
    info->mods_addr = 0x2800;
    info->mods_count = 2;
    info->cmdline = 0x3200;
    return info;
}

START_TEST(multiboot_is_read)
{
    static struct boot_information information;
    memset(&information, 0, sizeof(information));
    loader();
    boot_multiboot_read(window, MULTIBOOT_BOOT_MAGIC, 0x1000, &information);
    ck_assert_ptr_null(information.error);
    ck_assert_uint_eq(information.memory_count, 2);
    ck_assert_uint_eq(information.reserved_count, 2);
    ck_assert_uint_eq(information.initrd.base, 0x900000);
    ck_assert_uint_eq(information.initrd.bytes, 0x800);
    ck_assert_str_eq(information.command_line, "kernel tick=5");
}
END_TEST

static const char *broken(void (*change)(struct multiboot_info *), uint32_t magic)
{
    static struct boot_information information;
    memset(&information, 0, sizeof(information));
    struct multiboot_info *info = loader();
    if (change)
        change(info);
    boot_multiboot_read(window, magic, 0x1000, &information);
    return information.error;
}

static void entry_too_short(struct multiboot_info *info)
{
    *(uint32_t *)(window + info->mmap_addr) = 4;
}
static void entry_too_long(struct multiboot_info *info)
{
    *(uint32_t *)(window + info->mmap_addr) = 0xfffffff0;
}
static void many_modules(struct multiboot_info *info)
{
    info->mods_count = 1000;
}
static void module_backwards(struct multiboot_info *info)
{
    *(uint32_t *)(window + info->mods_addr + 4) = 0;
}

START_TEST(broken_multiboot_is_refused)
{
    ck_assert_ptr_nonnull(broken(0, 0));
    ck_assert_ptr_nonnull(broken(entry_too_short, MULTIBOOT_BOOT_MAGIC));
    ck_assert_ptr_nonnull(broken(entry_too_long, MULTIBOOT_BOOT_MAGIC));
    ck_assert_ptr_nonnull(broken(many_modules, MULTIBOOT_BOOT_MAGIC));
    ck_assert_ptr_nonnull(broken(module_backwards, MULTIBOOT_BOOT_MAGIC));
}
END_TEST

/* Each day of two centuries, at some second of it, and back. */
START_TEST(calendar_backwards)
{
    struct rtc_date before = rtc_date(0);
    ck_assert_uint_eq(before.year * 10000 + before.month * 100 + before.day, 19700101);
    ck_assert_uint_eq(before.day_of_week, 4);
    for (uint64_t seconds = 86399; seconds < 73050 * 86400ull; seconds += 86399) {
        struct rtc_date date = rtc_date(seconds);
        ck_assert_uint_eq(rtc_seconds(date.year, date.month, date.day, date.hour, date.minute, date.second), seconds);
        ck_assert_uint_eq(date.day_of_year, (seconds - rtc_seconds(date.year, 1, 1, 0, 0, 0)) / 86400);
        ck_assert_uint_eq(date.day_of_week, (seconds / 86400 + 4) % 7);
        ck_assert(date.day >= 1 && date.day <= 31 && date.month >= 1 && date.month <= 12);
    }
}
END_TEST

START_TEST(calendar)
{
    ck_assert_uint_eq(rtc_seconds(1970, 1, 1, 0, 0, 0), 0);
    ck_assert_uint_eq(rtc_seconds(2000, 2, 29, 12, 0, 0), 951825600);
    ck_assert_uint_eq(rtc_seconds(2000, 3, 1, 0, 0, 0), 951868800);
    ck_assert_uint_eq(rtc_seconds(2026, 1, 1, 0, 0, 0), 1767225600);
    ck_assert_uint_eq(rtc_seconds(2100, 3, 1, 0, 0, 0), 4107542400);
    ck_assert_uint_eq(rtc_seconds(2026, 13, 1, 0, 0, 0), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest_kernel");
    TCase *tcase = tcase_create("kernel");
    const TTest *const tests[] = {signals_come_in_order,
                                  two_signals_cannot_be_blocked,
                                  default_actions,
                                  free_memory_leaves_out_what_is_taken,
                                  reserved_over_the_whole_extent,
                                  multiboot_is_read,
                                  broken_multiboot_is_refused,
                                  calendar, calendar_backwards};
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}

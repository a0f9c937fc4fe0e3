/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulated PC's devices from outside, as test_platform does its interrupts: serial lines, disk, keyboard
 * controller, power management, stops, and what is not there.
 */
#include "device_suite.h"
#include "io/emulated/power.h"
#include "platform_fixture.h"
#include <string.h>

START_TEST(test_console)
{
    for (const char *c = "hello\n"; *c; c++)
        out(0x3f8, 1, (uint8_t)*c);
    out(0x2f8, 1, '2');
    out(0x3f8, 2, 0x0041); /* two byte registers: data and IER */
    ck_assert_str_eq(console[0], "hello\nA");
    ck_assert_str_eq(console[1], "2");
    pic_init(0xef, 0xff);
    out(0x3fa, 1, 1);
    out(0x3f9, 1, 1);
    out(0x3fc, 1, 8);
    ck_assert(platform_console_has_room(platform));
    ck_assert(platform_console_input(platform, 'k'));
    ck_assert_int_eq(acknowledge(0), 0x24);
    ck_assert_uint_eq(in(0x3fd, 1), 0x61);
    ck_assert_uint_eq(in(0x3f8, 1), 'k');
    for (unsigned i = 0; i < 16; i++)
        ck_assert(platform_console_input(platform, 'x'));
    ck_assert(!platform_console_has_room(platform));
    ck_assert(!platform_console_input(platform, 'x'));
}
END_TEST

START_TEST(test_each_sent_byte_is_an_edge)
{
    pic_init(0xef, 0xff);
    out(0x3fc, 1, 8);
    out(0x3f9, 1, 2);
    ck_assert_int_eq(acknowledge(0), 0x24);
    out(0x20, 1, 0x20);
    for (unsigned i = 0; i < 5; i++) {
        out(0x3f8, 1, 'a'); /* without reading IIR */
        ck_assert_int_eq(acknowledge(0), 0x24);
        out(0x20, 1, 0x20);
    }
}
END_TEST

START_TEST(test_rtc_interrupt)
{
    pic_init(0xfb, 0xfe);
    out(0x70, 1, 0x0b);
    out(0x71, 1, 0x12); /* update-ended */
    for (unsigned i = 1; i <= 3; i++) {
        pass_deadline();
        ck_assert_uint_eq((now - 123456789 + 999999) / 1000000000, i);
        ck_assert_int_eq(acknowledge(0), 0x28);
        out(0x70, 1, 0x0c);
        ck_assert_uint_eq(in(0x71, 1) & 0x90, 0x90);
        out(0xa0, 1, 0x20);
        out(0x20, 1, 0x20);
    }
}
END_TEST

START_TEST(test_disk)
{
    pic_init(0xfb, 0xbf);
    out(0x1f6, 1, 0xe0);
    out(0x1f2, 1, 1);
    out(0x1f3, 1, 7);
    out(0x1f4, 2, 0); /* two registers at once */
    out(0x1f7, 1, 0x20);
    ck_assert_int_eq(acknowledge(0), 0x2e);
    ck_assert_uint_eq(in(0x3f6, 1), 0x58);
    ck_assert_uint_eq(in(0x1f0, 2), 0x0707);
    ck_assert_uint_eq(in(0x1f0, 4), 0x07070707);
    ck_assert_uint_eq(in(0x1f7, 1), 0x58);
}
END_TEST

static uint64_t string(unsigned port, unsigned bytes, bool write, uint8_t *values, uint64_t count)
{
    enum io_result result;
    struct io_access access = {.address = port, .bytes = (uint8_t)bytes, .is_write = write};
    uint64_t done = io_registry_access_string(platform_registry(platform), &access, values, count, &result);
    ck_assert_int_eq(result, IO_DONE);
    return done;
}

static void disk_command(uint8_t command, uint8_t lba, uint8_t count)
{
    out(0x1f6, 1, 0xe0);
    out(0x1f2, 1, count);
    out(0x1f3, 1, lba);
    out(0x1f4, 2, 0);
    out(0x1f7, 1, command);
}

START_TEST(test_disk_strings)
{
    static uint8_t values[2048];
    disk_command(0x20, 7, 3);
    ck_assert_uint_eq(string(0x1f0, 2, false, values, 256), 256);
    ck_assert_mem_eq(values, disk + 7 * 512, 512);
    ck_assert_uint_eq(in(0x1f7, 1), 0x58);
    ck_assert_uint_eq(string(0x1f0, 4, false, values, 300), 300); /* two more sectors, then nothing */
    ck_assert_mem_eq(values, disk + 8 * 512, 1024);
    ck_assert_uint_eq(values[1024] & values[1199], 0xff);
    ck_assert_uint_eq(values[1200], 0);
    ck_assert_uint_eq(in(0x1f7, 1), 0x50);
    for (unsigned i = 0; i < sizeof values; i++)
        values[i] = (uint8_t)(i * 3);
    disk_command(0x30, 20, 2);
    ck_assert_uint_eq(string(0x1f0, 2, true, values, 1000), 1000); /* what is too much is lost */
    ck_assert_mem_eq(disk + 20 * 512, values, 1024);
    ck_assert_uint_eq(disk[22 * 512], 22);
    disk_command(0x20, 9, 1);
    uint8_t expected[8] = {9, 9, 9, 9};
    ck_assert_uint_eq(string(0x1f0, 1, false, values, 4), 4); /* a word for each byte */
    ck_assert_mem_eq(values, expected, 4);
    ck_assert_uint_eq(string(0x1f1, 1, false, values, 2), 2); /* the error register */
    ck_assert_uint_eq(values[0] | values[1], 0);
    values[0] = 'A';
    values[1] = 'B';
    ck_assert_uint_eq(string(0x3f8, 1, true, values, 2), 2);
    ck_assert_str_eq(console[0], "AB");
}
END_TEST

START_TEST(test_power_management_timer)
{
    uint32_t first = (uint32_t)in(POWER_PORT_TIMER, 4);
    now += 1000000000; /* a second */
    ck_assert_uint_eq((uint32_t)in(POWER_PORT_TIMER, 4) - first, 3579545);
    now += 4000000000;
    ck_assert_uint_eq(in(POWER_PORT_TIMER, 4), 5ull * 3579545 & 0xffffff);
    ck_assert_uint_eq(in(POWER_PORT_TIMER + 1, 1), (5ull * 3579545 >> 8) & 0xff);
    ck_assert_uint_eq(in(POWER_PORT_EVENT, 2), 1); /* the carry */
    ck_assert_uint_eq(in(POWER_PORT_CONTROL, 2), 1);
}
END_TEST

static void check_stop(enum io_result result, enum platform_stop reason, uint8_t expected_status)
{
    uint8_t status = 0xee;
    ck_assert_int_eq(result, IO_STOP_VM);
    ck_assert_int_eq(platform_stopped(platform, &status), reason);
    ck_assert_uint_eq(status, expected_status);
}

START_TEST(test_power_off)
{
    ck_assert_int_eq(out(POWER_PORT_CONTROL, 2, 0x2000), IO_DONE); /* another sleep type */
    ck_assert_int_eq(platform_stopped(platform, NULL), PLATFORM_RUNNING);
    check_stop(out(POWER_PORT_CONTROL, 2, 0x2000 | POWER_SLEEP_TYPE_OFF << 10), PLATFORM_STOP_POWER_OFF, 0);
}
END_TEST

START_TEST(test_resets)
{
    ck_assert_int_eq(out(0xcf9, 1, 0x02), IO_DONE);
    ck_assert_uint_eq(in(0xcf9, 1), 0x02);
    check_stop(out(0xcf9, 1, 0x06), PLATFORM_STOP_RESET, 0);
    setup();
    check_stop(out(0x64, 1, 0xfe), PLATFORM_STOP_RESET, 0);
    setup();
    ck_assert_uint_eq(in(0x92, 1), 0x02);
    ck_assert_int_eq(out(0x92, 1, 0x00), IO_DONE);
    check_stop(out(0x92, 1, 0x01), PLATFORM_STOP_RESET, 0);
    setup();
    out(0x64, 1, 0xd1);
    check_stop(out(0x60, 1, 0x02), PLATFORM_STOP_RESET, 0);
}
END_TEST

START_TEST(test_exit_port_and_first_reason)
{
    ck_assert_uint_eq(in(0xf4, 1), 0xff);
    check_stop(out(0xf4, 1, 0x10), PLATFORM_STOP_EXIT_PORT, 0x10);
    check_stop(out(0x64, 1, 0xfe), PLATFORM_STOP_EXIT_PORT, 0x10);
}
END_TEST

START_TEST(test_marker)
{
    out(0x0cb0, 4, 0x1235);
    ck_assert_uint_eq(markers, 1);
    ck_assert_uint_eq(marker_value, 0x1235);
    out(0x0cb0, 2, 1);
    out(0x0cb0, 1, 1);
    ck_assert_uint_eq(markers, 1);
    ck_assert_uint_eq(in(0x0cb0, 4), 0xffffffff);
}
END_TEST

START_TEST(test_keyboard_controller)
{
    ck_assert_uint_eq(in(0x64, 1), 0x14);
    out(0x64, 1, 0xaa);
    ck_assert_uint_eq(in(0x64, 1) & 1, 1);
    ck_assert_uint_eq(in(0x60, 1), 0x55);
    ck_assert_uint_eq(in(0x64, 1) & 1, 0);
    out(0x64, 1, 0x60);
    out(0x60, 1, 0x44);
    out(0x64, 1, 0x20);
    ck_assert_uint_eq(in(0x60, 1), 0x44);
    out(0x60, 1, 0xf4); /* to a keyboard that is not there */
    ck_assert_uint_eq(in(0x64, 1) & 0x41, 0x41);
    ck_assert_uint_eq(in(0x60, 1), 0xfe);
    pic_init(0xfd, 0xff);
    out(0x64, 1, 0x60);
    out(0x60, 1, 0x45);
    out(0x64, 1, 0xab);
    ck_assert_int_eq(acknowledge(0), 0x21);
    out(0x64, 1, 0xdd);
    ck_assert_uint_eq(in(0x92, 1), 0x00); /* both see the one gate */
}
END_TEST

START_TEST(test_absent_devices)
{
    out(0xcf8, 4, 0x80000000);
    ck_assert_uint_eq(in(0xcf8, 4), 0xffffffff);
    ck_assert_uint_eq(in(0xcfc, 4), 0xffffffff);
    ck_assert_uint_eq(in(0xcfc, 2), 0xffff);
    ck_assert_uint_eq(in(0x3e8, 1), 0xff);
    out(0x80, 1, 0x5a);
    ck_assert_uint_eq(in(0x80, 1), 0x5a);
    struct io_access other = {.address = LAPIC + 0x20, .bytes = 4, .vcpu = 9};
    ck_assert_int_eq(io_registry_access(platform_registry(platform), IO_MEMORY, &other), IO_DONE);
    ck_assert_uint_eq(other.value, 0xffffffff);
}
END_TEST

START_TEST(test_narrow_memory_accesses)
{
    uint64_t value = 0;
    access_by(1, IO_MEMORY, LAPIC + 0x20 + 3, 1, false, &value);
    ck_assert_uint_eq(value, 1);
    access_by(1, IO_MEMORY, LAPIC + 0x30, 8, false, &value);
    ck_assert_uint_eq(value, 0x00050014);
    value = 0x1ff;
    access_by(1, IO_MEMORY, LAPIC + 0xf0, 2, true, &value);
    ck_assert_uint_eq(lapic_get(1, 0xf0), 0xff);
    value = 1;
    access_by(0, IO_MEMORY, IOAPIC, 1, true, &value);
    value = 0;
    access_by(0, IO_MEMORY, IOAPIC + 0x10, 4, false, &value);
    ck_assert_uint_eq(value, 0x00170011);
}
END_TEST

DEVICE_SUITE("platform_devices", setup, test_console, test_each_sent_byte_is_an_edge, test_rtc_interrupt, test_disk,
             test_disk_strings, test_power_management_timer, test_power_off, test_resets,
             test_exit_port_and_first_reason, test_marker, test_keyboard_controller, test_absent_devices,
             test_narrow_memory_accesses)

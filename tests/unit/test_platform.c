/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole emulated PC from outside: accesses through the registry, time passed in, and what the world is told.
 * Covers the wiring between devices, several VCPUs, stops, and the keyboard controller and power management.
 */
#include "device_suite.h"
#include "io/emulated/platform.h"
#include "io/emulated/power.h"
#include <pthread.h>
#include <string.h>

#define LAPIC      0xfee00000ull
#define IOAPIC     0xfec00000ull
#define TSC_KHZ    1000000ull
#define DISK_BYTES (64 * 512)

static struct platform *platform;
static uint64_t now;
static char console[2][256];
static unsigned console_used[2], kicks[PLATFORM_VCPUS], inits, starts, nmis, markers;
static uint32_t marker_value, start_vector;
static bool reenter;
static uint8_t disk[DISK_BYTES];

static uint64_t world_now(void *context)
{
    (void)context;
    return now;
}

static void world_console(void *context, unsigned uart, const char *bytes, size_t count)
{
    (void)context;
    memcpy(console[uart] + console_used[uart], bytes, count);
    console_used[uart] += (unsigned)count;
}

static void world_kick(void *context, unsigned vcpu)
{
    (void)context;
    kicks[vcpu]++;
    if (reenter) { /* no lock is held here */
        platform_cr8_write(platform, vcpu, 0);
        ck_assert_int_ge(platform_interrupt_pending(platform, vcpu), 0);
    }
}

static void world_start(void *context, unsigned vcpu, uint8_t vector)
{
    (void)context;
    starts |= 1u << vcpu;
    start_vector = vector;
}

static void world_init(void *context, unsigned vcpu)
{
    (void)context;
    inits |= 1u << vcpu;
}

static void world_nmi(void *context, unsigned vcpu)
{
    (void)context;
    nmis |= 1u << vcpu;
}

static void world_marker(void *context, unsigned vcpu, uint32_t value)
{
    (void)context;
    (void)vcpu;
    markers++;
    marker_value = value;
}

static const struct platform_world world = {
    .now = world_now,
    .console_write = world_console,
    .kick = world_kick,
    .start_vcpu = world_start,
    .init_vcpu = world_init,
    .marker = world_marker,
    .nmi = world_nmi,
};

static const struct platform_config config = {
    .vcpus = 4,
    .memory_bytes = 64 << 20,
    .tsc_khz = TSC_KHZ,
    .lapic_khz = TSC_KHZ,
    .disk = disk,
    .disk_bytes = DISK_BYTES,
    .realtime_at_start = 1767225600,
};

static void setup(void)
{
    free(platform);
    platform = calloc(1, platform_size());
    now = 123456789;
    reenter = false;
    for (unsigned i = 0; i < DISK_BYTES; i++)
        disk[i] = (uint8_t)(i / 512);
    ck_assert_int_eq(platform_init(platform, &config, &world), 0);
}

static enum io_result access_by(unsigned vcpu, enum io_space space, uint64_t address, unsigned bytes, bool write,
                                uint64_t *value)
{
    struct io_access access = {
        .address = address, .value = *value, .bytes = (uint8_t)bytes, .is_write = write, .vcpu = (uint8_t)vcpu};
    enum io_result result = io_registry_access(platform_registry(platform), space, &access);
    *value = access.value;
    return result;
}

static enum io_result out(unsigned port, unsigned bytes, uint64_t value)
{
    return access_by(0, IO_PORT, port, bytes, true, &value);
}

static uint64_t in(unsigned port, unsigned bytes)
{
    uint64_t value = 0xdeadbeefdeadbeef;
    access_by(0, IO_PORT, port, bytes, false, &value);
    return value;
}

static void lapic_put(unsigned vcpu, unsigned offset, uint64_t value)
{
    access_by(vcpu, IO_MEMORY, LAPIC + offset, 4, true, &value);
}

static uint32_t lapic_get(unsigned vcpu, unsigned offset)
{
    uint64_t value = 0;
    access_by(vcpu, IO_MEMORY, LAPIC + offset, 4, false, &value);
    return (uint32_t)value;
}

static void ioapic_put(unsigned index, uint64_t value)
{
    uint64_t selected = index;
    access_by(0, IO_MEMORY, IOAPIC, 4, true, &selected);
    access_by(0, IO_MEMORY, IOAPIC + 0x10, 4, true, &value);
}

static void pic_init(uint8_t master_masks, uint8_t slave_masks)
{
    static const uint8_t words[2][4] = {{0x11, 0x20, 4, 1}, {0x11, 0x28, 2, 1}};
    for (unsigned chip = 0; chip < 2; chip++)
        for (unsigned i = 0; i < 4; i++)
            out((chip ? 0xa0 : 0x20) + (i > 0), 1, words[chip][i]);
    out(0x21, 1, master_masks);
    out(0xa1, 1, slave_masks);
}

static void pit_program(unsigned mode, unsigned count)
{
    out(0x43, 1, 0x30 | mode << 1);
    out(0x40, 1, count & 0xff);
    out(0x40, 1, count >> 8);
}

static int pending(unsigned vcpu)
{
    return platform_interrupt_pending(platform, vcpu);
}
static int acknowledge(unsigned vcpu)
{
    return platform_interrupt_acknowledge(platform, vcpu);
}

/* Lets time pass up to the next deadline. */
static void pass_deadline(void)
{
    uint64_t deadline = platform_next_deadline(platform);
    ck_assert_uint_ne(deadline, UINT64_MAX);
    platform_advance(platform, deadline - 1);
    ck_assert_uint_eq(platform_next_deadline(platform), deadline);
    now = deadline;
    platform_advance(platform, now);
}

START_TEST(test_refuses_bad_configuration)
{
    struct platform_config bad = config;
    bad.vcpus = 0;
    ck_assert_int_lt(platform_init(platform, &bad, &world), 0);
    bad.vcpus = PLATFORM_VCPUS + 1;
    ck_assert_int_lt(platform_init(platform, &bad, &world), 0);
    bad = config;
    bad.tsc_khz = 0;
    ck_assert_int_lt(platform_init(platform, &bad, &world), 0);
    bad.tsc_khz = UINT64_MAX;
    ck_assert_int_lt(platform_init(platform, &bad, &world), 0);
    bad = config;
    bad.disk = NULL;
    ck_assert_int_lt(platform_init(platform, &bad, &world), 0);
    bad.disk_bytes = 0;
    ck_assert_int_eq(platform_init(platform, &bad, &world), 0);
    ck_assert_uint_eq(in(0x1f7, 1), 0xff); /* nobody on that bus */
}
END_TEST

START_TEST(test_quiet_after_reset)
{
    ck_assert_uint_eq(platform_next_deadline(platform), UINT64_MAX);
    for (unsigned vcpu = 0; vcpu < 4; vcpu++)
        ck_assert_int_eq(pending(vcpu), -1);
    ck_assert_int_eq(acknowledge(0), -1);
    platform_advance(platform, UINT64_MAX);
}
END_TEST

START_TEST(test_pit_through_8259)
{
    pic_init(0xfe, 0xff);
    pit_program(2, 11932); /* 10 ms */
    for (unsigned i = 1; i <= 100; i++) {
        pass_deadline();
        ck_assert_int_eq(pending(0), 0x20);
        ck_assert_int_eq(pending(1), -1); /* only the bootstrap processor's LINT0 is open */
        ck_assert_int_eq(acknowledge(0), 0x20);
        ck_assert_int_eq(pending(0), -1);
        out(0x20, 1, 0x20);
    }
    ck_assert_uint_eq(kicks[0], 100);
    uint64_t passed = now - 123456789, expected = 100 * 11932ull * TSC_KHZ * 1000 / 1193182;
    ck_assert_uint_ge(passed, expected);
    ck_assert_uint_le(passed, expected + 2000);
}
END_TEST

START_TEST(test_pit_through_ioapic)
{
    pic_init(0xff, 0xff);
    ioapic_put(0x10 + 2 * 2, 0x41); /* to input 2, APIC 0 */
    pit_program(3, 1000);
    pass_deadline();
    ck_assert_int_eq(acknowledge(0), 0x41);
    pass_deadline();
    ck_assert_int_eq(pending(0), -1); /* the first is still in service */
    lapic_put(0, 0xb0, 0);
    ck_assert_int_eq(acknowledge(0), 0x41);
}
END_TEST

START_TEST(test_lint0_closed)
{
    pic_init(0xfe, 0xff);
    lapic_put(0, 0x350, 0x10700);
    pit_program(0, 100);
    pass_deadline();
    ck_assert_int_eq(pending(0), -1);
    lapic_put(1, 0xf0, 0x1ff);
    lapic_put(1, 0x350, 0x00700); /* another VCPU's wire */
    ck_assert_int_eq(pending(1), 0x20);
    ck_assert_int_eq(acknowledge(1), 0x20);
}
END_TEST

START_TEST(test_8259_with_local_apic_off)
{
    ck_assert(platform_msr_write(platform, 0, 0x1b, 0xfee00100));
    pic_init(0xfe, 0xff);
    pit_program(0, 100);
    pass_deadline();
    ck_assert_int_eq(acknowledge(0), 0x20);
    ck_assert_uint_eq(lapic_get(0, 0x30), 0xffffffff); /* the page is gone */
}
END_TEST

START_TEST(test_lapic_timer_and_cr8)
{
    lapic_put(0, 0x3e0, 0xb);
    lapic_put(0, 0x320, 0x20051);
    lapic_put(0, 0x380, 1000000);
    ck_assert_uint_eq(platform_next_deadline(platform), now + 1000000);
    platform_cr8_write(platform, 0, 5);
    ck_assert_uint_eq(lapic_get(0, 0x80), 0x50);
    pass_deadline();
    ck_assert_int_eq(pending(0), -1);
    ck_assert_int_eq(platform_interrupt_masked(platform, 0), 0x51);
    platform_cr8_write(platform, 0, 4);
    ck_assert_int_eq(pending(0), 0x51);
    lapic_put(0, 0x80, 0x30);
    ck_assert_uint_eq(platform_cr8_read(platform, 0), 3);
    ck_assert_int_eq(acknowledge(0), 0x51);
    now += 500000;
    ck_assert_uint_eq(lapic_get(0, 0x390), 500000);
}
END_TEST

START_TEST(test_other_frequencies)
{
    struct platform_config slow = config;
    slow.tsc_khz = 2893299;
    slow.lapic_khz = 24000;
    ck_assert_int_eq(platform_init(platform, &slow, &world), 0);
    uint64_t start = now;
    lapic_put(0, 0x3e0, 0xb);
    lapic_put(0, 0x320, 0x51);
    lapic_put(0, 0x380, 24000); /* 1 ms */
    ck_assert_uint_eq(platform_next_deadline(platform) - start, 2893299);
}
END_TEST

START_TEST(test_interprocessor_interrupts)
{
    for (unsigned vcpu = 1; vcpu < 4; vcpu++)
        lapic_put(vcpu, 0xf0, 0x1ff);
    lapic_put(0, 0x310, 2u << 24);
    lapic_put(0, 0x300, 0x4060);
    ck_assert_int_eq(pending(2), 0x60);
    ck_assert_uint_eq(kicks[2], 1);
    ck_assert_uint_eq(kicks[1] + kicks[3] + kicks[0], 0);
    lapic_put(3, 0x300, 0xc4061);
    ck_assert_int_eq(pending(0), 0x61);
    ck_assert_int_eq(pending(2), 0x61); /* the higher one */
    ck_assert_uint_eq(kicks[2], 1);     /* it knew already */
    ck_assert_int_eq(pending(3), -1);
    lapic_put(0, 0x300, 0xc4400);
    ck_assert_uint_eq(nmis, 0xe);
}
END_TEST

START_TEST(test_start_of_processors)
{
    lapic_put(2, 0xf0, 0x1ff);
    lapic_put(0, 0x310, 2u << 24);
    lapic_put(0, 0x300, 0x4500);
    ck_assert_uint_eq(inits, 4);
    ck_assert_uint_eq(lapic_get(2, 0xf0), 0xff);
    lapic_put(0, 0x300, 0x469f);
    ck_assert_uint_eq(starts, 4);
    ck_assert_uint_eq(start_vector, 0x9f);
    lapic_put(0, 0x300, 0x8500); /* de-assert */
    ck_assert_uint_eq(inits, 4);
}
END_TEST

START_TEST(test_world_may_come_back)
{
    reenter = true;
    pic_init(0xfe, 0xff);
    pit_program(0, 100);
    pass_deadline();
    ck_assert_uint_eq(kicks[0], 1);
}
END_TEST

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

START_TEST(test_level_interrupt_through_ioapic)
{
    /* The SCI: level-triggered, handed on again until its cause is gone. */
    ioapic_put(0x10 + 2 * 9, 0x8045);
    out(POWER_PORT_EVENT + 2, 2, 1);
    pass_deadline();
    ck_assert_int_eq(acknowledge(0), 0x45);
    lapic_put(0, 0xb0, 0);
    ck_assert_int_eq(acknowledge(0), 0x45);
    out(POWER_PORT_EVENT, 2, 1);
    lapic_put(0, 0xb0, 0);
    ck_assert_int_eq(pending(0), -1);
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

START_TEST(test_time_does_not_go_back)
{
    uint32_t before = (uint32_t)in(POWER_PORT_TIMER, 4);
    now -= 1000000;
    ck_assert_uint_eq(in(POWER_PORT_TIMER, 4), before);
    now = 0;
    ck_assert_uint_eq(in(POWER_PORT_TIMER, 4), before);
    now = UINT64_MAX;
    in(0x40, 1);
    in(0x71, 1);
    platform_advance(platform, UINT64_MAX);
}
END_TEST

static void *send_interrupts(void *argument)
{
    unsigned vcpu = (unsigned)(uintptr_t)argument;
    lapic_put(vcpu, 0xf0, 0x1ff);
    for (unsigned i = 0; i < 300; i++) {
        lapic_put(vcpu, 0x310, (uint64_t)(vcpu ^ 1) << 24);
        lapic_put(vcpu, 0x300, 0x4000 + 0x40 + vcpu * 0x10);
        uint64_t value = 0;
        access_by(vcpu, IO_PORT, 0x40, 1, false, &value);
        while (pending(vcpu) >= 0) {
            ck_assert_int_ge(acknowledge(vcpu), 0x40);
            lapic_put(vcpu, 0xb0, 0);
        }
    }
    return NULL;
}

START_TEST(test_vcpus_at_once)
{
    pthread_t threads[2]; /* a ticket lock is slow where threads outnumber processors */
    for (uintptr_t i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, send_interrupts, (void *)i);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (unsigned vcpu = 0; vcpu < 2; vcpu++)
        if (pending(vcpu) >= 0)
            acknowledge(vcpu);
}
END_TEST

DEVICE_SUITE("platform", setup, test_refuses_bad_configuration, test_quiet_after_reset, test_pit_through_8259,
             test_pit_through_ioapic, test_lint0_closed, test_8259_with_local_apic_off, test_lapic_timer_and_cr8,
             test_other_frequencies, test_interprocessor_interrupts, test_start_of_processors, test_world_may_come_back,
             test_console, test_each_sent_byte_is_an_edge, test_rtc_interrupt, test_disk, test_disk_strings,
             test_level_interrupt_through_ioapic, test_power_management_timer, test_power_off, test_resets,
             test_exit_port_and_first_reason, test_marker, test_keyboard_controller, test_absent_devices,
             test_narrow_memory_accesses, test_time_does_not_go_back, test_vcpus_at_once)

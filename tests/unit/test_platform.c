/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole emulated PC from outside: accesses through the registry, time passed in, and what the world is told.
 * Covers interrupts, their ways between devices and VCPUs, timers, and several VCPUs at once.
 */
#include "device_suite.h"
#include "io/emulated/power.h"
#include "platform_fixture.h"
#include <pthread.h>
#include <string.h>

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
             test_level_interrupt_through_ioapic, test_time_does_not_go_back, test_vcpus_at_once)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC against the manuals: priorities, end of interrupt, software disable, errors, timer, x2APIC; and which
 * local APICs a message reaches.
 */
#include "device_suite.h"
#include "io/emulated/apic_bus.h"
#include "io/emulated/lapic.h"
#include "io/emulated/ratio.h"
#include <coopvirt/x86.h>
#include <string.h>

#define MSR(offset) (0x800 + ((offset) >> 4))

static struct lapic lapics[4];
static struct lapic *const lapic = &lapics[0];
static uint8_t argument;

static void setup(void)
{
    memset(lapics, 0xa5, sizeof lapics);
    for (unsigned i = 0; i < 4; i++)
        lapic_reset(&lapics[i], i, i == 0);
    argument = 0;
}

static enum lapic_effect put(unsigned offset, uint32_t value, uint64_t now)
{
    return lapic_write(lapic, offset, value, now, &argument);
}

static void enable(void)
{
    for (unsigned i = 0; i < 4; i++)
        lapic_write(&lapics[i], 0xf0, 0x1ff, 0, &argument);
}

static int deliverable(void)
{
    return lapic_deliverable(lapic, lapic->task_priority);
}

START_TEST(test_reset_state)
{
    ck_assert_uint_eq(lapic_read(&lapics[2], 0x20, 0), 2u << 24);
    ck_assert_uint_eq(lapic_read(lapic, 0x30, 0), 0x00050014);
    ck_assert_uint_eq(lapic_read(lapic, 0xe0, 0), 0xffffffff);
    ck_assert_uint_eq(lapic_read(lapic, 0xf0, 0), 0xff);
    for (unsigned i = 0x320; i <= 0x370; i += 0x10)
        ck_assert_uint_eq(lapic_read(lapic, i, 0), 0x10000);
    ck_assert_uint_eq(lapic->base, 0xfee00900);
    ck_assert_uint_eq(lapics[1].base, 0xfee00800);
    ck_assert_uint_eq(lapic_deadline(lapic), LAPIC_NEVER);
}
END_TEST

START_TEST(test_software_disabled)
{
    lapic_request(lapic, 0x40, false);
    ck_assert_int_eq(deliverable(), -1);
    put(0x350, 0x40, 0); /* unmasking does not work either */
    ck_assert_uint_eq(lapic_read(lapic, 0x350, 0), 0x10040);
    enable();
    put(0x350, 0x700, 0);
    ck_assert(lapic_accepts_external(lapic));
    put(0xf0, 0xff, 0);
    ck_assert(!lapic_accepts_external(lapic));
    ck_assert_uint_eq(lapic_read(lapic, 0x350, 0), 0x10700);
}
END_TEST

START_TEST(test_priorities)
{
    enable();
    lapic_request(lapic, 0x31, false);
    lapic_request(lapic, 0x52, false);
    ck_assert_int_eq(deliverable(), 0x52);
    ck_assert_uint_eq(lapic_read(lapic, 0x200 + 0x10, 0), 1u << 0x11);
    ck_assert_uint_eq(lapic_read(lapic, 0x200 + 0x20, 0), 1u << 0x12);
    ck_assert_uint_eq(lapic_acknowledge(lapic), 0x52);
    ck_assert_uint_eq(lapic_read(lapic, 0x100 + 0x20, 0), 1u << 0x12);
    ck_assert_uint_eq(lapic_read(lapic, 0xa0, 0), 0x50);
    ck_assert_int_eq(deliverable(), -1);
    lapic_request(lapic, 0x5f, false); /* the same class */
    ck_assert_int_eq(deliverable(), -1);
    lapic_request(lapic, 0x60, false);
    ck_assert_uint_eq(lapic_acknowledge(lapic), 0x60);
    ck_assert_int_eq(put(0xb0, 0, 0), LAPIC_NOTHING); /* edge: nobody waits */
    ck_assert_int_eq(deliverable(), -1);
    put(0xb0, 0, 0);
    ck_assert_int_eq(deliverable(), 0x5f);
    put(0x80, 0x50, 0);
    ck_assert_int_eq(deliverable(), -1);
    ck_assert_int_eq(lapic_deliverable(lapic, 0), 0x5f);
    ck_assert_uint_eq(lapic_acknowledge(lapic), 0xff); /* spurious */
    put(0x80, 0x4f, 0);
    ck_assert_uint_eq(lapic_read(lapic, 0xa0, 0), 0x4f);
    ck_assert_int_eq(deliverable(), 0x5f);
}
END_TEST

START_TEST(test_level_end_is_told)
{
    enable();
    lapic_request(lapic, 0x71, true);
    ck_assert_uint_eq(lapic_read(lapic, 0x180 + 0x30, 0), 1u << 0x11);
    lapic_acknowledge(lapic);
    ck_assert_int_eq(put(0xb0, 0, 0), LAPIC_END_OF_LEVEL);
    ck_assert_uint_eq(argument, 0x71);
    ck_assert_int_eq(put(0xb0, 0, 0), LAPIC_NOTHING);
}
END_TEST

START_TEST(test_errors)
{
    enable();
    put(0x370, 0x44, 0);
    lapic_read(lapic, 0x40, 0); /* no such register */
    ck_assert_int_eq(deliverable(), 0x44);
    ck_assert_uint_eq(lapic_read(lapic, 0x280, 0), 0);
    put(0x280, 0, 0);
    ck_assert_uint_eq(lapic_read(lapic, 0x280, 0), 0x80);
    lapic_request(lapic, 5, false);
    put(0x280, 0, 0);
    ck_assert_uint_eq(lapic_read(lapic, 0x280, 0), 0x40);
    put(0x370, 0x05, 0); /* an error interrupt with a bad vector of its own */
    lapic_read(lapic, 0x40, 0);
    put(0x280, 0, 0);
    ck_assert_uint_eq(lapic_read(lapic, 0x280, 0), 0x80);
}
END_TEST

START_TEST(test_timer_one_shot)
{
    enable();
    put(0x320, 0x30, 0);
    put(0x3e0, 0xb, 0);
    ck_assert_int_eq(put(0x380, 1000, 500), LAPIC_TIMER);
    ck_assert_uint_eq(lapic_deadline(lapic), 1500);
    ck_assert_uint_eq(lapic_read(lapic, 0x390, 500), 1000);
    ck_assert_uint_eq(lapic_read(lapic, 0x390, 1499), 1);
    ck_assert(!lapic_advance(lapic, 1499));
    ck_assert(lapic_advance(lapic, 1500));
    ck_assert_int_eq(deliverable(), 0x30);
    ck_assert_uint_eq(lapic_read(lapic, 0x390, 1500), 0);
    ck_assert_uint_eq(lapic_deadline(lapic), LAPIC_NEVER);
    put(0x380, 1000, 2000);
    put(0x380, 0, 2100); /* stops */
    ck_assert_uint_eq(lapic_deadline(lapic), LAPIC_NEVER);
}
END_TEST

START_TEST(test_timer_divides)
{
    static const struct {
        uint8_t code, by;
    } divides[] = {{0, 2}, {1, 4}, {2, 8}, {3, 16}, {8, 32}, {9, 64}, {10, 128}, {11, 1}};
    enable();
    put(0x320, 0x30, 0);
    for (unsigned i = 0; i < 8; i++) {
        put(0x3e0, divides[i].code, 0);
        put(0x380, 100, 7000);
        ck_assert_uint_eq(lapic_deadline(lapic), 7000 + 100u * divides[i].by);
        ck_assert_uint_eq(lapic_read(lapic, 0x390, 7000 + divides[i].by), 99);
    }
    put(0x3e0, 0xb, 0);
    put(0x380, 100, 8000);
    put(0x3e0, 0x0, 8040); /* the count goes on at the new rate */
    ck_assert_uint_eq(lapic_deadline(lapic), 8040 + 120);
    put(0x380, 0xffffffff, 9000);
    ck_assert_uint_eq(lapic_deadline(lapic), 9000 + 2 * 0xffffffffull);
}
END_TEST

START_TEST(test_timer_periodic_without_drift)
{
    const struct ratio ratio = {2893301, 100000};
    enable();
    put(0x3e0, 0xb, 0);
    put(0x320, 0x20030, 0);
    put(0x380, 997, 0);
    uint64_t tsc = 0;
    for (uint64_t i = 1; i <= 100000; i++) {
        tsc = ratio_back(ratio, lapic_deadline(lapic));
        ck_assert(!lapic_advance(lapic, ratio_forward(ratio, tsc - 1)));
        ck_assert(lapic_advance(lapic, ratio_forward(ratio, tsc)));
        ck_assert_uint_eq(lapic_deadline(lapic), 997 * (i + 1));
    }
    ck_assert(lapic_advance(lapic, 1000000000000ull)); /* a long sleep is one interrupt */
    ck_assert_uint_eq(lapic_deadline(lapic) % 997, 0);
    ck_assert_uint_le(lapic_deadline(lapic) - 1000000000000ull, 997);
}
END_TEST

START_TEST(test_timer_masked)
{
    enable();
    put(0x3e0, 0xb, 0);
    put(0x320, 0x30030, 0);
    put(0x380, 100, 0);
    ck_assert_uint_eq(lapic_deadline(lapic), LAPIC_NEVER);
    ck_assert_uint_eq(lapic_read(lapic, 0x390, 60), 40);
    put(0x320, 0x20030, 250); /* two periods went by unseen */
    ck_assert_int_eq(deliverable(), -1);
    ck_assert_uint_eq(lapic_deadline(lapic), 300);
}
END_TEST

START_TEST(test_init_keeps_identity)
{
    enable();
    lapic_request(&lapics[1], 0x50, false);
    lapic_init(&lapics[1]);
    ck_assert_uint_eq(lapics[1].id, 1);
    ck_assert_uint_eq(lapics[1].base, 0xfee00800);
    ck_assert_uint_eq(lapic_read(&lapics[1], 0xf0, 0), 0xff);
    ck_assert_int_eq(lapic_deliverable(&lapics[1], 0), -1);
}
END_TEST

static bool put_msr(uint32_t msr, uint64_t value)
{
    enum lapic_effect effect;
    return lapic_msr_write(lapic, msr, value, 0, &effect, &argument);
}

static bool get_msr(uint32_t msr, uint64_t *value)
{
    return lapic_msr_read(lapic, msr, 0, value);
}

START_TEST(test_base_states)
{
    uint64_t value;
    ck_assert(get_msr(X86_MSR_APIC_BASE, &value));
    ck_assert_uint_eq(value, 0xfee00900);
    ck_assert(!put_msr(X86_MSR_APIC_BASE, 0xfee00500)); /* x2APIC without the global enable */
    ck_assert(!put_msr(X86_MSR_APIC_BASE, 0xfed00900)); /* elsewhere */
    ck_assert(!put_msr(X86_MSR_APIC_BASE, 0xfee00902));
    ck_assert(!get_msr(MSR(0x20), &value));
    ck_assert(put_msr(X86_MSR_APIC_BASE, 0xfee00d00));
    ck_assert(get_msr(MSR(0x20), &value));
    ck_assert(!put_msr(X86_MSR_APIC_BASE, 0xfee00900)); /* not straight back */
    ck_assert(put_msr(X86_MSR_APIC_BASE, 0xfee00000));
    ck_assert(!lapic_is_on(lapic));
    ck_assert(!put_msr(X86_MSR_APIC_BASE, 0xfee00d00)); /* nor straight up */
    ck_assert(put_msr(X86_MSR_APIC_BASE, 0xfee00800));
    ck_assert_uint_eq(lapic->base, 0xfee00900); /* the bootstrap bit is not written */
}
END_TEST

START_TEST(test_x2apic_registers)
{
    uint64_t value;
    lapic->id = 0x12;
    put_msr(X86_MSR_APIC_BASE, 0xfee00d00);
    ck_assert(get_msr(MSR(0x20), &value));
    ck_assert_uint_eq(value, 0x12);
    ck_assert(get_msr(MSR(0xd0), &value));
    ck_assert_uint_eq(value, 0x10004);
    ck_assert(put_msr(MSR(0xf0), 0x1ff));
    ck_assert(!put_msr(MSR(0xf0), 1ull << 32));
    ck_assert(!put_msr(MSR(0x20), 0));
    ck_assert(!put_msr(MSR(0xe0), 0)); /* no DFR, no high command word */
    ck_assert(!put_msr(MSR(0x310), 0));
    ck_assert(!get_msr(MSR(0xb0), &value));
    ck_assert(!put_msr(MSR(0xb0), 1));
    ck_assert(put_msr(MSR(0xb0), 0));
    ck_assert(!put_msr(0x8ff, 0));
    ck_assert(put_msr(MSR(0x3f0), 0x55));
    ck_assert_int_eq(deliverable(), 0x55);
    ck_assert(put_msr(MSR(0x300), 0x0000000100004030));
    ck_assert(get_msr(MSR(0x300), &value));
    ck_assert_uint_eq(value, 0x0000000100004030);
    struct apic_message message;
    ck_assert(apic_bus_command(lapic, &message));
    ck_assert_uint_eq(message.destination, 1);
}
END_TEST

static uint32_t targets(uint32_t high, uint32_t low)
{
    struct apic_message message;
    lapic->command = (uint64_t)high << 32 | low;
    return apic_bus_command(lapic, &message) ? apic_bus_targets(lapics, 4, 0, &message) : 0xdead;
}

START_TEST(test_destinations)
{
    enable();
    ck_assert_uint_eq(targets(2u << 24, 0x4050), 1u << 2);
    ck_assert_uint_eq(targets(9u << 24, 0x4050), 0);
    ck_assert_uint_eq(targets(0xffu << 24, 0x4050), 0xf);
    ck_assert_uint_eq(targets(0, 0x44050), 0x1); /* self */
    ck_assert_uint_eq(targets(0, 0x84050), 0xf); /* all */
    ck_assert_uint_eq(targets(0, 0xc4050), 0xe); /* others */
    for (unsigned i = 0; i < 4; i++)
        lapics[i].logical_id = 1u << (24 + i);
    ck_assert_uint_eq(targets(0x0au << 24, 0x4850), 0xa); /* flat */
    for (unsigned i = 0; i < 4; i++) {
        lapics[i].destination_format = 0x0fffffff;
        lapics[i].logical_id = ((i / 2) << 4 | 1u << i % 2) << 24;
    }
    ck_assert_uint_eq(targets(0x13u << 24, 0x4850), 0xc); /* cluster 1 */
    ck_assert_uint_eq(targets(0xf1u << 24, 0x4850), 0x5); /* member 0 of every cluster */
    ck_assert_uint_eq(targets(0, 0x4005), 0xdead);        /* a bad vector is not sent */
    ck_assert_uint_eq(targets(1u << 24, 0x8500), 0xdead); /* INIT de-assert */
    ck_assert_uint_eq(targets(1u << 24, 0xc500), 0x2);
    ck_assert_uint_eq(targets(1u << 24, 0x4608), 0x2);
}
END_TEST

START_TEST(test_lowest_priority)
{
    enable();
    lapics[0].task_priority = 0x30;
    lapics[1].task_priority = 0x20;
    lapics[2].task_priority = 0x10;
    lapics[3].task_priority = 0x00;
    lapics[3].spurious = 0xff; /* disabled */
    ck_assert_uint_eq(targets(0xffu << 24, 0x4150), 1u << 2);
    lapics[2].task_priority = 0x20;
    ck_assert_uint_eq(targets(0xffu << 24, 0x4150), 1u << 1);
}
END_TEST

DEVICE_SUITE("lapic", setup, test_reset_state, test_software_disabled, test_priorities, test_level_end_is_told,
             test_errors, test_timer_one_shot, test_timer_divides, test_timer_periodic_without_drift, test_timer_masked,
             test_init_keeps_identity, test_base_states, test_x2apic_registers, test_destinations, test_lowest_priority)

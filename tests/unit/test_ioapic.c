/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 82093AA against its data sheet: registers, edges, levels with remote IRR, masks.
 */
#include "device_suite.h"
#include "io/emulated/ioapic.h"

static struct ioapic ioapic;
static struct apic_message message;

static void setup(void)
{
    ioapic_reset(&ioapic, 5);
}

static uint32_t get(unsigned index)
{
    ioapic_write(&ioapic, 0x00, index);
    return ioapic_read(&ioapic, 0x10);
}

static uint32_t put(unsigned index, uint32_t value)
{
    ioapic_write(&ioapic, 0x00, index);
    return ioapic_write(&ioapic, 0x10, value);
}

START_TEST(test_registers)
{
    ck_assert_uint_eq(get(0), 5u << 24);
    ck_assert_uint_eq(get(1), 0x00170011);
    put(0, 0xffffffff);
    ck_assert_uint_eq(get(0), 0x0f000000);
    put(1, 0);
    ck_assert_uint_eq(get(1), 0x00170011);
    for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
        ck_assert_uint_eq(get(0x10 + 2 * pin), 0x10000);
        put(0x10 + 2 * pin, 0xffffffff);
        put(0x11 + 2 * pin, 0xffffffff);
        ck_assert_uint_eq(get(0x10 + 2 * pin), 0x1afff); /* without the two status bits */
        ck_assert_uint_eq(get(0x11 + 2 * pin), 0xff000000);
    }
    ck_assert_uint_eq(get(0x40), 0);
    ck_assert_uint_eq(get(0xff), 0);
    put(0x40, 1);
    put(0xff, 1);
    ck_assert_uint_eq(ioapic_read(&ioapic, 0), 0xff);
    ck_assert_uint_eq(ioapic_read(&ioapic, 0x20), 0);
}
END_TEST

START_TEST(test_edge)
{
    put(0x10 + 2 * 4, 0x00000934); /* logical, lowest priority, vector 0x34 */
    put(0x11 + 2 * 4, 0x03000000);
    ck_assert(ioapic_set_line(&ioapic, 4, true));
    ck_assert(ioapic_take_message(&ioapic, 4, true, &message));
    ck_assert_uint_eq(message.vector, 0x34);
    ck_assert_uint_eq(message.destination, 3);
    ck_assert_uint_eq(message.delivery, LAPIC_LOWEST);
    ck_assert(message.logical && !message.level);
    ck_assert(!ioapic_set_line(&ioapic, 4, true)); /* no new edge */
    ck_assert(!ioapic_take_message(&ioapic, 4, false, &message));
    ck_assert(!ioapic_set_line(&ioapic, 4, false));
    ck_assert(ioapic_set_line(&ioapic, 4, true));
}
END_TEST

START_TEST(test_masked_edge_is_lost)
{
    ck_assert(!ioapic_set_line(&ioapic, 4, true));
    ck_assert_uint_eq(put(0x10 + 2 * 4, 0x34), 0);
    ck_assert(!ioapic_take_message(&ioapic, 4, false, &message));
}
END_TEST

START_TEST(test_level)
{
    put(0x10 + 2 * 9, 0x8041);
    ck_assert(ioapic_set_line(&ioapic, 9, true));
    ck_assert(ioapic_take_message(&ioapic, 9, true, &message));
    ck_assert(message.level);
    ck_assert_uint_eq(get(0x10 + 2 * 9), 0xc041); /* remote IRR */
    ck_assert(!ioapic_take_message(&ioapic, 9, false, &message));
    ck_assert_uint_eq(ioapic_end_of_interrupt(&ioapic, 0x40), 0);
    ck_assert_uint_eq(ioapic_end_of_interrupt(&ioapic, 0x41), 1u << 9);
    ck_assert(ioapic_take_message(&ioapic, 9, false, &message)); /* still high */
    ioapic_set_line(&ioapic, 9, false);
    ck_assert_uint_eq(ioapic_end_of_interrupt(&ioapic, 0x41), 1u << 9);
    ck_assert(!ioapic_take_message(&ioapic, 9, false, &message));
}
END_TEST

START_TEST(test_level_waits_behind_mask)
{
    put(0x10 + 2 * 9, 0x18041);
    ck_assert(!ioapic_set_line(&ioapic, 9, true));
    ck_assert_uint_eq(put(0x10 + 2 * 9, 0x8041), 1u << 9);
    ck_assert(ioapic_take_message(&ioapic, 9, false, &message));
}
END_TEST

START_TEST(test_remote_irr_cleared_through_edge_mode)
{
    put(0x10 + 2 * 9, 0x8041);
    ioapic_set_line(&ioapic, 9, true);
    ioapic_take_message(&ioapic, 9, true, &message);
    put(0x10 + 2 * 9, 0x18041); /* masked: kept */
    ck_assert_uint_eq(get(0x10 + 2 * 9), 0x1c041);
    put(0x10 + 2 * 9, 0x10041); /* edge: cleared */
    put(0x10 + 2 * 9, 0x8041);
    ck_assert_uint_eq(get(0x10 + 2 * 9), 0x8041);
}
END_TEST

DEVICE_SUITE("ioapic", setup, test_registers, test_edge, test_masked_edge_is_lost, test_level,
             test_level_waits_behind_mask, test_remote_irr_cleared_through_edge_mode)

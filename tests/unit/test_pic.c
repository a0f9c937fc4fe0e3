/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 8259A pair against its data sheet: initialisation, priorities, ends of interrupt, rotation, masks, cascade,
 * spurious requests, edges and levels.
 */
#include "device_suite.h"
#include "io/emulated/pic.h"

static struct pic pic;

static void init_chip(unsigned chip, uint8_t vector, uint8_t word4)
{
    pic_write(&pic, chip, 0, 0x11);
    pic_write(&pic, chip, 1, vector);
    pic_write(&pic, chip, 1, chip ? 2 : 4);
    pic_write(&pic, chip, 1, word4);
    pic_write(&pic, chip, 1, 0x00);
}

static void setup(void)
{
    pic_reset(&pic);
    init_chip(0, 0x20, 0x01);
    init_chip(1, 0x28, 0x01);
}

static void pulse(unsigned irq)
{
    pic_set_line(&pic, irq, false);
    pic_set_line(&pic, irq, true);
}

static void end(unsigned chip)
{
    pic_write(&pic, chip, 0, 0x20);
}

START_TEST(test_reset_is_silent)
{
    pic_reset(&pic);
    pulse(0);
    ck_assert(!pic_output(&pic));
}
END_TEST

START_TEST(test_edge_acknowledge_and_end)
{
    pulse(1);
    ck_assert(pic_output(&pic));
    ck_assert_uint_eq(pic_read(&pic, 0, 0), 0x02);
    ck_assert_uint_eq(pic_vector(&pic), 0x21);
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x21);
    ck_assert(!pic_output(&pic));
    ck_assert_uint_eq(pic_read(&pic, 0, 0), 0x00);
    pic_write(&pic, 0, 0, 0x0b);
    ck_assert_uint_eq(pic_read(&pic, 0, 0), 0x02);
    pic_set_line(&pic, 1, true); /* no new edge */
    end(0);
    ck_assert_uint_eq(pic_read(&pic, 0, 0), 0x00);
    ck_assert(!pic_output(&pic));
    pulse(1);
    ck_assert(pic_output(&pic));
}
END_TEST

START_TEST(test_nesting_by_priority)
{
    pulse(4);
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x24);
    pulse(6);
    ck_assert(!pic_output(&pic));
    pulse(3);
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x23);
    end(0); /* of 3, the higher one */
    ck_assert(!pic_output(&pic));
    end(0);
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x26);
}
END_TEST

START_TEST(test_specific_end)
{
    pulse(4);
    pic_acknowledge(&pic);
    pulse(3);
    pic_acknowledge(&pic);
    pic_write(&pic, 0, 0, 0x64);
    pic_write(&pic, 0, 0, 0x0b);
    ck_assert_uint_eq(pic_read(&pic, 0, 0), 0x08);
}
END_TEST

START_TEST(test_mask_keeps_request)
{
    pic_write(&pic, 0, 1, 0xff);
    pulse(5);
    ck_assert(!pic_output(&pic));
    pic_write(&pic, 0, 1, 0xdf);
    ck_assert_uint_eq(pic_read(&pic, 0, 1), 0xdf);
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x25);
}
END_TEST

START_TEST(test_cascade)
{
    pulse(12);
    ck_assert_uint_eq(pic_read(&pic, 0, 0), 0x04);
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x2c);
    pulse(14);
    ck_assert(!pic_output(&pic));
    pulse(8); /* higher at the slave; the master blocks its input 2 until its end */
    ck_assert(!pic_output(&pic));
    end(1);
    end(0);
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x28);
    end(1);
    ck_assert(!pic_output(&pic));
    end(0);
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x2e);
}
END_TEST

START_TEST(test_special_fully_nested)
{
    init_chip(0, 0x20, 0x11);
    pulse(12);
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x2c);
    pulse(8);
    ck_assert(pic_output(&pic));
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x28);
}
END_TEST

START_TEST(test_spurious)
{
    pulse(3);
    pic_set_line(&pic, 3, false); /* gone before the acknowledgement */
    ck_assert(!pic_output(&pic));
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x27);
    pic_write(&pic, 0, 0, 0x0b);
    ck_assert_uint_eq(pic_read(&pic, 0, 0), 0x00);
    pulse(7); /* a true one is in service */
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x27);
    ck_assert_uint_eq(pic_read(&pic, 0, 0), 0x80);
}
END_TEST

START_TEST(test_level_triggered)
{
    pic_level_write(&pic, 0, 0xff);
    pic_level_write(&pic, 1, 0xff);
    ck_assert_uint_eq(pic_level_read(&pic, 0), 0xf8); /* timer, keyboard, cascade stay edges */
    ck_assert_uint_eq(pic_level_read(&pic, 1), 0xde); /* so do RTC and coprocessor */
    pic_set_line(&pic, 5, true);
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x25);
    end(0);
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x25); /* as long as it is high */
    pic_set_line(&pic, 5, false);
    end(0);
    ck_assert(!pic_output(&pic));
    pic_set_line(&pic, 10, true);
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x2a);
    end(1);
    end(0);
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x2a);
}
END_TEST

START_TEST(test_automatic_end_and_rotation)
{
    init_chip(0, 0x20, 0x03);
    pic_write(&pic, 0, 0, 0x80); /* rotate in automatic EOI mode */
    pulse(3);
    pulse(5);
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x23);
    pulse(3); /* now the lowest */
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x25);
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x23);
    ck_assert(!pic_output(&pic));
}
END_TEST

START_TEST(test_rotation_by_command)
{
    pic_write(&pic, 0, 0, 0xc0 | 4); /* set priority: 5 is the highest */
    pulse(0);
    pulse(5);
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x25);
    pic_write(&pic, 0, 0, 0xa0); /* rotate on non-specific end: 5 becomes the lowest */
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x20);
    pic_write(&pic, 0, 0, 0xe0 | 0); /* rotate on specific end: 1 is the highest */
    pulse(0);
    pulse(1);
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x21);
}
END_TEST

START_TEST(test_special_mask)
{
    pulse(2 + 1);
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x23);
    pulse(6);
    ck_assert(!pic_output(&pic));
    pic_write(&pic, 0, 1, 0x08);
    ck_assert(!pic_output(&pic));
    pic_write(&pic, 0, 0, 0x68);
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x26);
    pulse(7); /* 6 is in service and not masked: it blocks */
    ck_assert(!pic_output(&pic));
    end(0); /* of 6: the masked 3 is not touched */
    pic_write(&pic, 0, 0, 0x0b);
    ck_assert_uint_eq(pic_read(&pic, 0, 0), 0x08);
}
END_TEST

START_TEST(test_poll)
{
    pic_write(&pic, 0, 0, 0x0c);
    ck_assert_uint_eq(pic_read(&pic, 0, 0), 0x00);
    pulse(6);
    pic_write(&pic, 0, 0, 0x0c);
    ck_assert_uint_eq(pic_read(&pic, 0, 0), 0x86);
    ck_assert(!pic_output(&pic));
    pic_write(&pic, 0, 0, 0x0b);
    ck_assert_uint_eq(pic_read(&pic, 0, 0), 0x40);
}
END_TEST

START_TEST(test_initialisation_clears)
{
    pic_write(&pic, 0, 1, 0x55);
    pulse(1);
    pic_acknowledge(&pic);
    pulse(3);
    pic_write(&pic, 0, 0, 0x11);
    ck_assert(!pic_output(&pic));
    pic_write(&pic, 0, 1, 0x47); /* low bits do not count */
    pic_write(&pic, 0, 1, 0x04);
    pic_write(&pic, 0, 1, 0x01);
    ck_assert_uint_eq(pic_read(&pic, 0, 1), 0x00);
    ck_assert(!pic_output(&pic)); /* the edges are forgotten */
    pulse(3);
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x43);
    pic_write(&pic, 0, 0, 0x12); /* single, without ICW4 */
    pic_write(&pic, 0, 1, 0x60);
    pic_write(&pic, 0, 1, 0xfe);
    pulse(0);
    ck_assert_uint_eq(pic_acknowledge(&pic), 0x60);
}
END_TEST

DEVICE_SUITE("pic", setup, test_reset_is_silent, test_edge_acknowledge_and_end, test_nesting_by_priority,
             test_specific_end, test_mask_keeps_request, test_cascade, test_special_fully_nested, test_spurious,
             test_level_triggered, test_automatic_end_and_rotation, test_rotation_by_command, test_special_mask,
             test_poll, test_initialisation_clears)

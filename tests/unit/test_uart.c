/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 16550A against its data sheet: FIFO, interrupt sources and their priority, loopback, divisor latch.
 */
#include "device_suite.h"
#include "io/emulated/uart.h"

static struct uart uart;

static void setup(void)
{
    uart_reset(&uart);
}

static void enable(uint8_t sources)
{
    uart_write(&uart, 4, 0x0b); /* DTR, RTS, OUT2 */
    uart_write(&uart, 1, sources);
}

START_TEST(test_reset_state)
{
    ck_assert_uint_eq(uart_read(&uart, 1), 0x00);
    ck_assert_uint_eq(uart_read(&uart, 2), 0x01);
    ck_assert_uint_eq(uart_read(&uart, 3), 0x00);
    ck_assert_uint_eq(uart_read(&uart, 4), 0x00);
    ck_assert_uint_eq(uart_read(&uart, 5), 0x60);
    ck_assert_uint_eq(uart_read(&uart, 6) & 0x0f, 0x00);
    ck_assert(!uart_interrupt(&uart));
}
END_TEST

START_TEST(test_transmit_and_scratch)
{
    ck_assert(uart_write(&uart, 0, 'x'));
    ck_assert_uint_eq(uart_read(&uart, 5), 0x60);
    ck_assert(!uart_write(&uart, 7, 0x5a));
    ck_assert_uint_eq(uart_read(&uart, 7), 0x5a);
}
END_TEST

START_TEST(test_divisor_latch)
{
    uart_write(&uart, 3, 0x83);
    ck_assert(!uart_write(&uart, 0, 0x01));
    uart_write(&uart, 1, 0x02);
    ck_assert_uint_eq(uart_read(&uart, 0), 0x01);
    ck_assert_uint_eq(uart_read(&uart, 1), 0x02);
    uart_write(&uart, 3, 0x03);
    ck_assert_uint_eq(uart_read(&uart, 1), 0x00);
    ck_assert(uart_write(&uart, 0, 'y'));
}
END_TEST

START_TEST(test_fifo_detection_and_depth)
{
    ck_assert_uint_eq(uart_read(&uart, 2) & 0xc0, 0);
    ck_assert(uart_receive(&uart, 1));
    ck_assert(!uart_receive(&uart, 2)); /* one byte without FIFO */
    uart_write(&uart, 2, 0x01);         /* the change clears it */
    ck_assert_uint_eq(uart_read(&uart, 2), 0xc1);
    ck_assert_uint_eq(uart_read(&uart, 5), 0x60);
    for (unsigned i = 0; i < UART_FIFO_BYTES; i++) {
        ck_assert(uart_has_room(&uart));
        ck_assert(uart_receive(&uart, (uint8_t)i));
    }
    ck_assert(!uart_receive(&uart, 99));
    for (unsigned i = 0; i < UART_FIFO_BYTES; i++) {
        ck_assert_uint_eq(uart_read(&uart, 5), 0x61);
        ck_assert_uint_eq(uart_read(&uart, 0), i);
    }
    ck_assert_uint_eq(uart_read(&uart, 5), 0x60);
    uart_receive(&uart, 7);
    uart_write(&uart, 2, 0x03);
    ck_assert_uint_eq(uart_read(&uart, 5), 0x60);
}
END_TEST

START_TEST(test_transmitter_empty_interrupt)
{
    enable(0x02); /* enabling while empty is an interrupt */
    ck_assert(uart_interrupt(&uart));
    ck_assert_uint_eq(uart_read(&uart, 2), 0x02); /* the read acknowledges */
    ck_assert(!uart_interrupt(&uart));
    ck_assert_uint_eq(uart_read(&uart, 2), 0x01);
    uart_write(&uart, 0, 'a'); /* sent, hence empty again */
    ck_assert(uart_interrupt(&uart));
    uart_write(&uart, 1, 0x00);
    ck_assert(!uart_interrupt(&uart));
    uart_write(&uart, 1, 0x02);
    ck_assert(uart_interrupt(&uart));
}
END_TEST

START_TEST(test_priorities)
{
    enable(0x0f);
    uart_write(&uart, 4, 0x1b); /* loopback: CTS, DSR, DCD stay, RI is new */
    uart_write(&uart, 0, 'a');
    uart_write(&uart, 0, 'b');  /* overrun: no FIFO */
    uart_write(&uart, 4, 0x08); /* CTS and DSR were never down outside of loopback */
    ck_assert_uint_eq(uart_read(&uart, 2), 0x06);
    ck_assert_uint_eq(uart_read(&uart, 5), 0x63);
    ck_assert_uint_eq(uart_read(&uart, 2), 0x04);
    ck_assert_uint_eq(uart_read(&uart, 0), 'a');
    ck_assert_uint_eq(uart_read(&uart, 2), 0x02);
    while (uart_read(&uart, 6) & 0x0f)
        ;
    ck_assert_uint_eq(uart_read(&uart, 2), 0x01);
    ck_assert(!uart_interrupt(&uart));
}
END_TEST

START_TEST(test_trigger_level_and_timeout)
{
    uart_write(&uart, 2, 0x81); /* eight bytes */
    enable(0x01);
    uart_receive(&uart, 1);
    ck_assert_uint_eq(uart_read(&uart, 2), 0xcc);
    for (unsigned i = 0; i < 7; i++)
        uart_receive(&uart, 2);
    ck_assert_uint_eq(uart_read(&uart, 2), 0xc4);
    uart_read(&uart, 0);
    ck_assert_uint_eq(uart_read(&uart, 2), 0xcc);
}
END_TEST

START_TEST(test_loopback_modem_lines)
{
    uart_write(&uart, 4, 0x10);
    uart_read(&uart, 6);
    static const struct {
        uint8_t control, status;
    } lines[] = {{0x01, 0x20}, {0x02, 0x10}, {0x04, 0x40}, {0x08, 0x80}};
    for (unsigned i = 0; i < 4; i++) {
        uart_write(&uart, 4, 0x10 | lines[i].control);
        ck_assert_uint_eq(uart_read(&uart, 6) & 0xf0, lines[i].status);
    }
    uart_write(&uart, 4, 0x14);
    uart_read(&uart, 6);
    uart_write(&uart, 4, 0x10); /* RI counts at its end */
    ck_assert_uint_eq(uart_read(&uart, 6), 0x04);
    uart_write(&uart, 4, 0x14);
    ck_assert_uint_eq(uart_read(&uart, 6), 0x40);
    uart_write(&uart, 0, 0xa5);
    ck_assert_uint_eq(uart_read(&uart, 0), 0xa5);
}
END_TEST

START_TEST(test_out2_gates_the_line)
{
    uart_write(&uart, 1, 0x02);
    ck_assert(!uart_interrupt(&uart));
    uart_write(&uart, 4, 0x08);
    ck_assert(uart_interrupt(&uart));
    uart_write(&uart, 4, 0x18);
    ck_assert(!uart_interrupt(&uart));
}
END_TEST

DEVICE_SUITE("uart", setup, test_reset_state, test_transmit_and_scratch, test_divisor_latch,
             test_fifo_detection_and_depth, test_transmitter_empty_interrupt, test_priorities,
             test_trigger_level_and_timeout, test_loopback_modem_lines, test_out2_gates_the_line)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's UARTs. Writing fills the transmit FIFO whenever it is empty; waiting is bounded, so that a
 * port that stops answering does not stop the machine.
 */
#include "machine/uart.h"

#include <coopvirt/x86_instructions.h>

/* PC16550D data sheet, "Register Addresses" and "Registers". */
#define UART_DATA             0
#define UART_INTERRUPT_ENABLE 1 /* bit 0: received data */
#define UART_FIFO_CONTROL     2
#define UART_LINE_CONTROL     3
#define UART_MODEM_CONTROL    4
#define UART_LINE_STATUS      5
#define UART_SCRATCH          7

#define UART_FIFO_ON         0x07 /* enable, clear both, trigger at 1 byte */
#define UART_LINE_8N1        0x03
#define UART_LINE_DIVISOR    0x80 /* registers 0 and 1 are the divisor */
#define UART_MODEM_ON        0x0b /* DTR, RTS, OUT2 (which gates the interrupt on a PC) */
#define UART_STATUS_RECEIVED 0x01
#define UART_STATUS_EMPTY    0x20 /* THRE: the transmit FIFO is empty */
#define UART_STATUS_IDLE     0x40 /* TEMT: the shift register too */
#define UART_DIVISOR_115200  1
#define UART_FIFO_BYTES      16
#define UART_WAIT_LIMIT      10000000

bool uart_probe(uint16_t port)
{
    x86_out8(port + UART_SCRATCH, 0x5a);
    if (x86_in8(port + UART_SCRATCH) != 0x5a)
        return false;
    x86_out8(port + UART_SCRATCH, 0xa5);
    return x86_in8(port + UART_SCRATCH) == 0xa5;
}

void uart_start(uint16_t port)
{
    x86_out8(port + UART_INTERRUPT_ENABLE, 0);
    x86_out8(port + UART_LINE_CONTROL, UART_LINE_DIVISOR);
    x86_out8(port + UART_DATA, UART_DIVISOR_115200 & 0xff);
    x86_out8(port + UART_INTERRUPT_ENABLE, UART_DIVISOR_115200 >> 8);
    x86_out8(port + UART_LINE_CONTROL, UART_LINE_8N1);
    x86_out8(port + UART_FIFO_CONTROL, UART_FIFO_ON);
    x86_out8(port + UART_MODEM_CONTROL, UART_MODEM_ON);
}

static void uart_wait(uint16_t port, uint8_t status)
{
    for (unsigned i = 0; i < UART_WAIT_LIMIT && !(x86_in8(port + UART_LINE_STATUS) & status); i++)
        x86_pause();
}

void uart_put(uint16_t port, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i % UART_FIFO_BYTES == 0)
            uart_wait(port, UART_STATUS_EMPTY);
        x86_out8(port + UART_DATA, (uint8_t)bytes[i]);
    }
}

int uart_get(uint16_t port)
{
    if (!(x86_in8(port + UART_LINE_STATUS) & UART_STATUS_RECEIVED))
        return -1;
    return x86_in8(port + UART_DATA);
}

void uart_enable_receive_interrupt(uint16_t port)
{
    x86_out8(port + UART_INTERRUPT_ENABLE, 1);
}

void uart_drain(uint16_t port)
{
    uart_wait(port, UART_STATUS_IDLE);
}

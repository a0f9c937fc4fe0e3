/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 16550 UARTs at their PC addresses. The console's receive interrupt (IRQ 4) feeds the terminal (fs/tty).
 */
#include "drivers/uart.h"
#include "drivers/irq.h"
#include "fs/tty.h"

/* Registers, from the base; DLAB=1 turns the first two into the divisor. */
#define UART_DATA             0
#define UART_INTERRUPT_ENABLE 1
#define UART_FIFO_CONTROL     2
#define UART_LINE_CONTROL     3
#define UART_MODEM_CONTROL    4
#define UART_LINE_STATUS      5
#define UART_SCRATCH          7

#define UART_IER_RECEIVE 0x01
#define UART_FCR_ENABLE  0x07 /* on, both FIFOs cleared */
#define UART_LCR_8N1     0x03
#define UART_LCR_DLAB    0x80
#define UART_MCR_ON      0x0b /* DTR, RTS, OUT2 (gates the interrupt on a PC) */
#define UART_LSR_DATA    0x01
#define UART_LSR_ROOM    0x20
#define UART_LSR_EMPTY   0x40
#define UART_FIFO_BYTES  16
#define UART_CONSOLE_IRQ 4

static const uint16_t uart_base[] = {[PV_TEXT_CONSOLE] = 0x3f8, [PV_TEXT_LOG] = 0x2f8};
static bool uart_present[2];

static uint8_t uart_read(enum pv_text uart, unsigned reg)
{
    return pv.io.port_read8((uint16_t)(uart_base[uart] + reg));
}

static void uart_set(enum pv_text uart, unsigned reg, uint8_t value)
{
    pv.io.port_write8((uint16_t)(uart_base[uart] + reg), value);
}

void uart_start(void)
{
    for (enum pv_text uart = PV_TEXT_CONSOLE; uart <= PV_TEXT_LOG; uart++) {
        uart_set(uart, UART_SCRATCH, 0x5a);
        uart_present[uart] = uart_read(uart, UART_SCRATCH) == 0x5a;
        uart_set(uart, UART_INTERRUPT_ENABLE, 0);
        uart_set(uart, UART_LINE_CONTROL, UART_LCR_DLAB);
        uart_set(uart, UART_DATA, 1); /* divisor 1: 115200 */
        uart_set(uart, UART_INTERRUPT_ENABLE, 0);
        uart_set(uart, UART_LINE_CONTROL, UART_LCR_8N1);
        uart_set(uart, UART_FIFO_CONTROL, UART_FCR_ENABLE);
        uart_set(uart, UART_MODEM_CONTROL, UART_MCR_ON);
    }
}

static void uart_wait(enum pv_text uart, uint8_t bits)
{
    while ((uart_read(uart, UART_LINE_STATUS) & bits) != bits)
        x86_pause();
}

/* An empty transmitter takes a whole FIFO: one status read for sixteen bytes. */
void uart_write(enum pv_text uart, const char *text, size_t bytes)
{
    if (!uart_present[uart])
        return;
    while (bytes) {
        uart_wait(uart, UART_LSR_ROOM);
        for (unsigned room = UART_FIFO_BYTES; room && bytes; room--, bytes--)
            uart_set(uart, UART_DATA, (uint8_t)*text++);
    }
}

void uart_drain(enum pv_text uart)
{
    if (uart_present[uart])
        uart_wait(uart, UART_LSR_EMPTY);
}

static void uart_port_write(struct tty_port *port, const char *bytes, size_t count)
{
    (void)port;
    uart_write(PV_TEXT_CONSOLE, bytes, count);
}

static void uart_interrupt(void)
{
    uint8_t received[UART_FIFO_BYTES];
    size_t count = 0;
    while (uart_read(PV_TEXT_CONSOLE, UART_LINE_STATUS) & UART_LSR_DATA) {
        received[count++] = uart_read(PV_TEXT_CONSOLE, UART_DATA);
        if (count == sizeof(received)) {
            tty_input(tty_serial(), received, count);
            count = 0;
        }
    }
    if (count)
        tty_input(tty_serial(), received, count);
}

void uart_connect_terminal(void)
{
    static struct tty_port port = {.write = uart_port_write};
    tty_attach(tty_serial(), &port);
    if (!uart_present[PV_TEXT_CONSOLE])
        return;
    irq_enable(UART_CONSOLE_IRQ, uart_interrupt);
    uart_set(PV_TEXT_CONSOLE, UART_INTERRUPT_ENABLE, UART_IER_RECEIVE);
}

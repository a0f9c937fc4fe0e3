/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 16550A's registers. The transmitter is always empty again when the guest looks; what remains of its timing is
 * the order of events: THRE falls with a write and rises again, which is one more interrupt.
 */
#include "io/emulated/uart.h"
#include <coopvirt/string.h>

enum { UART_DATA, UART_IER, UART_IIR, UART_LCR, UART_MCR, UART_LSR, UART_MSR, UART_SCR };

#define IER_RECEIVED  0x01
#define IER_TRANSMIT  0x02
#define IER_LINE      0x04
#define IER_MODEM     0x08
#define IIR_NONE      0x01
#define IIR_MODEM     0x00
#define IIR_TRANSMIT  0x02
#define IIR_RECEIVED  0x04
#define IIR_LINE      0x06
#define IIR_TIMEOUT   0x0c
#define IIR_FIFOS     0xc0
#define FCR_ENABLE    0x01
#define FCR_CLEAR_RX  0x02
#define FCR_KEPT      0xc9
#define LCR_DLAB      0x80
#define MCR_DTR       0x01
#define MCR_RTS       0x02
#define MCR_OUT1      0x04
#define MCR_OUT2      0x08
#define MCR_LOOPBACK  0x10
#define LSR_READY     0x01
#define LSR_OVERRUN   0x02
#define LSR_IDLE      0x60 /* THRE and TEMT */
#define MSR_DELTA     0x0f
#define MSR_RING_EDGE 0x04
#define MSR_CTS       0x10
#define MSR_DSR       0x20
#define MSR_RING      0x40
#define MSR_CARRIER   0x80

void uart_reset(struct uart *uart)
{
    memset(uart, 0, sizeof *uart);
    uart->transmitter_empty = true;
    uart->modem_status = MSR_CTS | MSR_DSR | MSR_CARRIER; /* somebody listens */
    uart->divisor[0] = 12;                                /* 9600 baud, as a BIOS leaves it */
}

static bool uart_has_fifo(const struct uart *uart)
{
    return uart->fifo_control & FCR_ENABLE;
}

/* Bytes at which "received data available" is signalled. */
static unsigned uart_trigger_level(const struct uart *uart)
{
    static const uint8_t levels[] = {1, 4, 8, 14};
    return uart_has_fifo(uart) ? levels[uart->fifo_control >> 6] : 1;
}

/* "Interrupt Identification Register": the source with the highest priority. Below the trigger level the character
 * time-out comes at once, since nobody types within four character times. */
static uint8_t uart_identify(const struct uart *uart)
{
    if (uart->interrupt_enable & IER_LINE && uart->line_errors)
        return IIR_LINE;
    if (uart->interrupt_enable & IER_RECEIVED && uart->receive_count)
        return uart->receive_count >= uart_trigger_level(uart) ? IIR_RECEIVED : IIR_TIMEOUT;
    if (uart->interrupt_enable & IER_TRANSMIT && uart->transmitter_empty)
        return IIR_TRANSMIT;
    if (uart->interrupt_enable & IER_MODEM && uart->modem_status & MSR_DELTA)
        return IIR_MODEM;
    return IIR_NONE;
}

bool uart_interrupt(const struct uart *uart)
{
    /* In loopback the OUT2 pin is inactive, whatever the register says. */
    if (!(uart->modem_control & MCR_OUT2) || uart->modem_control & MCR_LOOPBACK)
        return false;
    return uart_identify(uart) != IIR_NONE;
}

bool uart_has_room(const struct uart *uart)
{
    return uart->receive_count < (uart_has_fifo(uart) ? UART_FIFO_BYTES : 1);
}

bool uart_receive(struct uart *uart, uint8_t byte)
{
    if (!uart_has_room(uart))
        return false;
    uart->received[(uart->receive_head + uart->receive_count) % UART_FIFO_BYTES] = byte;
    uart->receive_count++;
    return true;
}

static uint8_t uart_take_received(struct uart *uart)
{
    uint8_t byte = uart->received[uart->receive_head];
    if (uart->receive_count) {
        uart->receive_head = (uart->receive_head + 1) % UART_FIFO_BYTES;
        uart->receive_count--;
    }
    return byte;
}

/* Sets the modem inputs and notes which changed; RI counts only as it ends. */
static void uart_set_modem_inputs(struct uart *uart, uint8_t inputs)
{
    uint8_t changed = (uart->modem_status ^ inputs) & 0xf0;
    uint8_t delta = changed >> 4;
    if (inputs & MSR_RING)
        delta &= ~MSR_RING_EDGE;
    uart->modem_status = inputs | (uart->modem_status & MSR_DELTA) | delta;
}

static void uart_write_modem_control(struct uart *uart, uint8_t value)
{
    uint8_t inputs = MSR_CTS | MSR_DSR | MSR_CARRIER;

    uart->modem_control = value & 0x1f;
    if (value & MCR_LOOPBACK)
        inputs = (value & MCR_RTS ? MSR_CTS : 0) | (value & MCR_DTR ? MSR_DSR : 0) | (value & MCR_OUT1 ? MSR_RING : 0) |
                 (value & MCR_OUT2 ? MSR_CARRIER : 0);
    uart_set_modem_inputs(uart, inputs);
}

static void uart_write_fifo_control(struct uart *uart, uint8_t value)
{
    if (value & FCR_CLEAR_RX || (value ^ uart->fifo_control) & FCR_ENABLE)
        uart->receive_head = uart->receive_count = 0;
    uart->fifo_control = value & FCR_ENABLE ? value & FCR_KEPT : 0;
}

static bool uart_transmit(struct uart *uart, uint8_t value)
{
    uart->transmitter_empty = true;
    if (!(uart->modem_control & MCR_LOOPBACK))
        return true;
    if (!uart_receive(uart, value))
        uart->line_errors |= LSR_OVERRUN;
    return false;
}

uint8_t uart_read(struct uart *uart, unsigned offset)
{
    uint8_t value;

    switch (offset) {
    case UART_DATA:
        return uart->line_control & LCR_DLAB ? uart->divisor[0] : uart_take_received(uart);
    case UART_IER:
        return uart->line_control & LCR_DLAB ? uart->divisor[1] : uart->interrupt_enable;
    case UART_IIR:
        value = uart_identify(uart);
        if (value == IIR_TRANSMIT) /* the read is the acknowledgement, of this source only */
            uart->transmitter_empty = false;
        return value | (uart_has_fifo(uart) ? IIR_FIFOS : 0);
    case UART_LCR:
        return uart->line_control;
    case UART_MCR:
        return uart->modem_control;
    case UART_LSR:
        value = LSR_IDLE | uart->line_errors | (uart->receive_count ? LSR_READY : 0);
        uart->line_errors = 0;
        return value;
    case UART_MSR:
        value = uart->modem_status;
        uart->modem_status &= ~MSR_DELTA;
        return value;
    default:
        return uart->scratch;
    }
}

bool uart_write(struct uart *uart, unsigned offset, uint8_t value)
{
    switch (offset) {
    case UART_DATA:
        if (!(uart->line_control & LCR_DLAB))
            return uart_transmit(uart, value);
        uart->divisor[0] = value;
        break;
    case UART_IER:
        if (uart->line_control & LCR_DLAB) {
            uart->divisor[1] = value;
            break;
        }
        /* Enabling the source while the transmitter is empty is an interrupt by itself. */
        if (value & ~uart->interrupt_enable & IER_TRANSMIT)
            uart->transmitter_empty = true;
        uart->interrupt_enable = value & 0x0f;
        break;
    case UART_IIR:
        uart_write_fifo_control(uart, value);
        break;
    case UART_LCR:
        uart->line_control = value;
        break;
    case UART_MCR:
        uart_write_modem_control(uart, value);
        break;
    case UART_SCR:
        uart->scratch = value;
        break;
    default: /* LSR and MSR are for factory tests only */
        break;
    }
    return false;
}

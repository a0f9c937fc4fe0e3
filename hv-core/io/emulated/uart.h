/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A 16550A UART (National Semiconductor PC16550D) whose line is infinitely fast: what is written is sent at once.
 * State and registers only; platform.c carries its bytes out and its interrupt line on.
 */
#ifndef IO_EMULATED_UART_H
#define IO_EMULATED_UART_H

#include <stdbool.h>
#include <stdint.h>

#define UART_FIFO_BYTES 16

struct uart {
    uint8_t interrupt_enable; /* IER */
    uint8_t fifo_control;     /* FCR as written, self-clearing bits removed */
    uint8_t line_control;     /* LCR */
    uint8_t modem_control;    /* MCR */
    uint8_t line_errors;      /* LSR bits 1-4 */
    uint8_t modem_status;     /* MSR */
    uint8_t scratch;          /* SCR */
    uint8_t divisor[2];       /* DLL, DLM */
    bool transmitter_empty;   /* the THRE interrupt is pending */
    uint8_t received[UART_FIFO_BYTES];
    uint8_t receive_head, receive_count;
};

void uart_reset(struct uart *uart);

/* Reads register 0-7. */
uint8_t uart_read(struct uart *uart, unsigned offset);

/* Writes register 0-7. True when `value` went out on the line. */
bool uart_write(struct uart *uart, unsigned offset, uint8_t value);

bool uart_has_room(const struct uart *uart);

/* A byte arrives; false when there is no room for it. */
bool uart_receive(struct uart *uart, uint8_t byte);

/* The level of the interrupt line, gated by OUT2 as on a PC. */
bool uart_interrupt(const struct uart *uart);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two 16550 UARTs: the console with interrupt-driven input, the log with output only. Output is
 * polled. National Semiconductor PC16550D data sheet, "Registers".
 */
#ifndef DRIVERS_UART_H
#define DRIVERS_UART_H

#include "pv/pv.h"
#include <stddef.h>

/* Sets up both, 115200 8N1, FIFOs on. */
void uart_start(void);

/* Writes bytes as they are, waiting for room. A port that is not there swallows them. */
void uart_write(enum pv_text uart, const char *text, size_t bytes);

/* Waits until the last byte has left the shift register, so that the machine may be switched off. */
void uart_drain(enum pv_text uart);

/* Gives the console's input to the terminal from now on. */
void uart_connect_terminal(void);

#endif

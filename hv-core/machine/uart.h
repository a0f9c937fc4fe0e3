/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A 16550 UART of the host, behind I/O ports; polled.
 */
#ifndef MACHINE_UART_H
#define MACHINE_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UART_COM1 0x3f8
#define UART_COM2 0x2f8

/* Whether a UART answers there. */
bool uart_probe(uint16_t port);

/* 115200 8N1, FIFOs on, interrupts off. */
void uart_start(uint16_t port);

void uart_put(uint16_t port, const char *bytes, size_t count);

/* A byte that has been received, or -1. */
int uart_get(uint16_t port);

/* An interrupt for each byte received. */
void uart_enable_receive_interrupt(uint16_t port);

/* Waits until the last byte has left. */
void uart_drain(uint16_t port);

#endif

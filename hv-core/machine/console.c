/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console: COM1, which carries the first guest's COM1. Input may come by interrupt, so that a halted CPU
 * wakes for it: then it waits in a ring until console_read takes it.
 */
#include "machine/console.h"
#include "machine/log.h"
#include "machine/uart.h"

#include <coopvirt/spinlock.h>
#include <coopvirt/x86.h>
#include <coopvirt/x86_instructions.h>

#define CONSOLE_RING_BYTES 256 /* a power of two */

static struct {
    bool present;           /* constant after start */
    struct spinlock output; /* of the port's transmitter */
    struct spinlock input;  /* of the ring and the port's receiver; interrupts off */
    uint8_t ring[CONSOLE_RING_BYTES];
    uint32_t written, taken; /* under input */
} console;

void console_start(void)
{
    console.present = uart_probe(UART_COM1);
    if (console.present)
        uart_start(UART_COM1);
}

void console_write(const char *bytes, size_t count)
{
    if (!console.present)
        return;
    spinlock_take(&console.output);
    uart_put(UART_COM1, bytes, count);
    spinlock_release(&console.output);
}

/* Under the input lock; leaves room for a byte that comes back. */
static void console_fill(void)
{
    while (console.written - console.taken < CONSOLE_RING_BYTES - 1) {
        int byte = uart_get(UART_COM1);
        if (byte < 0)
            break;
        console.ring[console.written++ % CONSOLE_RING_BYTES] = (uint8_t)byte;
    }
}

int console_read(void)
{
    int byte = -1;

    if (!console.present)
        return -1;
    uint64_t flags = x86_read_flags();
    x86_cli();
    spinlock_take(&console.input);
    console_fill();
    if (console.taken != console.written)
        byte = console.ring[console.taken++ % CONSOLE_RING_BYTES];
    spinlock_release(&console.input);
    if (flags & X86_FLAGS_IF)
        x86_sti();
    return byte;
}

void console_unread(uint8_t byte)
{
    uint64_t flags = x86_read_flags();

    x86_cli();
    spinlock_take(&console.input);
    console.ring[--console.taken % CONSOLE_RING_BYTES] = byte;
    spinlock_release(&console.input);
    if (flags & X86_FLAGS_IF)
        x86_sti();
}

void console_interrupt(void)
{
    spinlock_take(&console.input);
    console_fill();
    spinlock_release(&console.input);
}

void console_enable_interrupt(void)
{
    if (console.present)
        uart_enable_receive_interrupt(UART_COM1);
}

void console_drain(void)
{
    if (console.present)
        uart_drain(UART_COM1);
}

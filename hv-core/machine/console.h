/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the console begins and takes its interrupt; its reading and writing are in log.h.
 */
#ifndef MACHINE_CONSOLE_H
#define MACHINE_CONSOLE_H

#define CONSOLE_IRQ 4 /* ISA interrupt of COM1 */

/* Takes COM1, where there is one. */
void console_start(void);

/* From APIC_VECTOR_SERIAL: moves what has arrived into the input ring. */
void console_interrupt(void);

/* From now on a byte that arrives interrupts a CPU. */
void console_enable_interrupt(void);

/* Waits until all output has left. */
void console_drain(void);

#endif

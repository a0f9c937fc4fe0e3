/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two consoles of the hypervisor: the terminal, and log and records. Text is collected and sent with few kicks.
 */
#ifndef DRIVERS_QUEUE_CONSOLE_H
#define DRIVERS_QUEUE_CONSOLE_H

#include "pv/pv.h"

/* Before it, and in a panic, text goes by hypercall. */
void queue_console_start(void);

/* The log's text is sent at once, since its lines stand between those of the hypervisor; the terminal's is when it is
 * quiet, when enough has come together, when the CPU has nothing to do, and after a millisecond. */
void queue_console_write(enum pv_text text, const char *bytes, size_t count);
void queue_console_flush(void);
void queue_console_drain(void);

#endif

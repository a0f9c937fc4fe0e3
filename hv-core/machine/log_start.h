/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the log finds its sink, and how it ends.
 */
#ifndef MACHINE_LOG_START_H
#define MACHINE_LOG_START_H

#include <stdint.h>

/* First sink: COM2, else COM1, else only the RAM ring. Reads `sink=com1|com2` and `log=error|warn|info|debug`. */
void log_start(const char *command_line);

/* Another UART by port, as ACPI's SPCR table names it; unless the command line or COM2 has already settled it. */
void log_offer_port(uint16_t port);

/* No more locks: called once the other CPUs are being stopped. */
void log_enter_panic(void);

/* Waits until all output has left. */
void log_drain(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev/watchdog, kept by the kernel's own clock: it ends the machine when the program that opened it falls silent.
 */
#ifndef DRIVERS_WATCHDOG_H
#define DRIVERS_WATCHDOG_H

void watchdog_register(void);

#endif

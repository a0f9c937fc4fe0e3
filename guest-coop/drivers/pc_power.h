/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Switching off a PC, or an emulator of one.
 */
#ifndef DRIVERS_PC_POWER_H
#define DRIVERS_PC_POWER_H

#include <stdbool.h>

/* Comes back where none of the doors leads out. */
void pc_power_off(bool ok);

#endif

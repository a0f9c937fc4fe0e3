/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the firmware's tables once, and passes on what log and power-off need of them.
 */
#ifndef BOOT_FIRMWARE_H
#define BOOT_FIRMWARE_H

#include "machine/acpi.h"

void firmware_read(void);

/* Constant after firmware_read. */
const struct acpi_info *firmware_acpi(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the clocks' frequencies are found.
 */
#ifndef MACHINE_TSC_START_H
#define MACHINE_TSC_START_H

#include "machine/acpi.h"

/* After apic_start. Logs where the frequencies came from. */
void tsc_start(const char *command_line, const struct acpi_info *acpi);

#endif

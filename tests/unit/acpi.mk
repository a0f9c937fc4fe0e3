# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_acpi_SOURCES := hv-core/machine/acpi.c hv-core/machine/acpi_table.c

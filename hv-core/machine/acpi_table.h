/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding ACPI tables in physical memory: bounds and checksums are checked before anything is believed. Pure.
 */
#ifndef MACHINE_ACPI_TABLE_H
#define MACHINE_ACPI_TABLE_H

#include "machine/physical_window.h"

#include <coopvirt/acpi.h>

/* Where a PC's BIOS put the RSDP, or 0. */
coop_paddr acpi_table_find_rsdp(const struct physical_window *window);

/* The table at an address with its whole length in the window and a right checksum, or NULL. */
const struct acpi_header *acpi_table_at(const struct physical_window *window, coop_paddr address);

/* The first table with this signature that the RSDP at `rsdp` leads to, or NULL. */
const struct acpi_header *acpi_table_find(const struct physical_window *window, coop_paddr rsdp, uint32_t signature);

#endif

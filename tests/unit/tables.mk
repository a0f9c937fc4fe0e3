# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_tables_SOURCES := hv-core/io/emulated/tables_acpi.c hv-core/io/emulated/tables_mp.c hv-core/io/emulated/tables_bios.c

# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_ata_SOURCES := hv-core/io/emulated/ata.c hv-core/io/emulated/ata_command.c hv-core/io/emulated/ata_identify.c

# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_ioapic_SOURCES := hv-core/io/emulated/ioapic.c

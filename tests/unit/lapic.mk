# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_lapic_SOURCES := hv-core/io/emulated/lapic.c hv-core/io/emulated/lapic_registers.c hv-core/io/emulated/lapic_timer.c \
	hv-core/io/emulated/apic_bus.c

# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_pit_SOURCES := hv-core/io/emulated/pit.c hv-core/io/emulated/pit_channel.c

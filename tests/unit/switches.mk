# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_switches_SOURCES := hv-core/core/switches.c hv-core/lib/string.c hv-core/lib/format.c

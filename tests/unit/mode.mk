# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_mode_SOURCES := hv-core/core/mode.c hv-core/lib/format.c hv-core/lib/string.c

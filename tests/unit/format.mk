# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_format_SOURCES := hv-core/lib/format.c
UNIT_format_CFLAGS := -Wno-format-nonliteral -Wno-format-security

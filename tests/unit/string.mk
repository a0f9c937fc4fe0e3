# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_string_SOURCES := hv-core/lib/string.c

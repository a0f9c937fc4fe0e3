# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_realtime_SOURCES := hv-core/core/realtime.c

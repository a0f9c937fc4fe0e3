# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_rtc_SOURCES := hv-core/io/emulated/rtc.c hv-core/io/emulated/calendar.c

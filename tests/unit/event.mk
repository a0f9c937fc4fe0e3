# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_event_SOURCES := hv-core/core/event.c

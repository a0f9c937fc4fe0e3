# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_queue_switch_SOURCES := hv-core/io/queue/queue_switch.c hv-core/lib/string.c

# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_queue_devices_SOURCES := $(wildcard hv-core/io/queue/*.c) hv-core/lib/string.c

# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_queue_SOURCES := hv-core/io/queue/queue.c hv-core/lib/string.c

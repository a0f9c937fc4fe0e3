# SPDX-License-Identifier: GPL-2.0-or-later
FUZZ_queue_SOURCES := $(wildcard hv-core/io/queue/*.c) hv-core/lib/string.c

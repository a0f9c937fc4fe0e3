# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_guest_memory_SOURCES := hv-core/mmu/guest_memory.c hv-core/lib/string.c

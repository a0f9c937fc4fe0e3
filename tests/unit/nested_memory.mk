# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_nested_memory_SOURCES := hv-core/core/hypercalls_nested.c hv-core/mmu/nested_memory.c hv-core/mmu/nested.c \
	hv-core/mmu/guest_memory.c

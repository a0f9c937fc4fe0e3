# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_walker_quick_SOURCES := hv-core/mmu/walker_quick.c hv-core/mmu/walker.c hv-core/mmu/guest_memory.c hv-core/core/registers.c

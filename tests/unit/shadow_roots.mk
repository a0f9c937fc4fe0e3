# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_shadow_roots_SOURCES := hv-core/mmu/shadow.c hv-core/mmu/shadow_page.c hv-core/mmu/shadow_guest.c hv-core/mmu/shadow_sync.c \
	hv-core/mmu/shadow_fill.c hv-core/mmu/shadow_fault.c hv-core/mmu/shadow_walk.c \
	hv-core/mmu/walker.c hv-core/mmu/walker_mark.c hv-core/mmu/guest_memory.c tests/unit/tlb_model.c tests/unit/shadow_guest_model.c

# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_hypercalls_shadow_SOURCES := hv-core/core/hypercalls_shadow.c hv-core/mmu/guest_memory.c

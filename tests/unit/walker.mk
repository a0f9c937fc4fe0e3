# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_walker_SOURCES := hv-core/mmu/walker.c hv-core/core/registers.c

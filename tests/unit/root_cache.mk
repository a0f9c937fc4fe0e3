# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_root_cache_SOURCES := hv-core/mmu/root_cache.c

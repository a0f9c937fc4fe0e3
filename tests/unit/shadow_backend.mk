# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_shadow_backend_SOURCES := hv-core/mmu/shadow_backend.c

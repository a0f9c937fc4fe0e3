# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_nested_SOURCES := hv-core/mmu/nested.c hv-core/cpu/vmx/vmx_ept.c

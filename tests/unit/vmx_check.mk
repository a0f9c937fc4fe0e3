# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_vmx_check_SOURCES := hv-core/cpu/vmx/vmx_check.c hv-core/mmu/walker.c hv-core/core/registers.c

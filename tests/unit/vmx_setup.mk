# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_vmx_setup_SOURCES := hv-core/cpu/vmx/vmx_negotiate.c hv-core/cpu/vmx/vmx_bitmaps.c

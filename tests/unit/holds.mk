# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_holds_SOURCES := hv-core/core/hold_table.c hv-core/cpu/svm/svm_controls.c hv-core/cpu/svm/svm_bitmaps.c \
	hv-core/cpu/vmx/vmx_controls.c hv-core/cpu/vmx/vmx_negotiate.c hv-core/cpu/vmx/vmx_bitmaps.c

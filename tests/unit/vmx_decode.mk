# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_vmx_decode_SOURCES := hv-core/cpu/vmx/vmx_decode.c

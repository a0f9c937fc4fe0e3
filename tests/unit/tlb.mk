# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_tlb_SOURCES := bench/plugin/tlb.c
UNIT_tlb_CFLAGS := -I$(CURDIR)/bench/plugin

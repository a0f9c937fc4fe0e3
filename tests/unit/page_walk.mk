# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_page_walk_SOURCES := bench/plugin/page_walk.c bench/plugin/tlb.c
UNIT_page_walk_CFLAGS := -I$(CURDIR)/bench/plugin

# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_guest_direct_SOURCES := guest-coop/pv/direct_mmu.c guest-coop/memory/page_table.c guest-coop/memory/frame.c \
	tests/unit/guest_direct_model.c

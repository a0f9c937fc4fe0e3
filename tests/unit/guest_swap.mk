# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_guest_swap_SOURCES := guest-coop/memory/swap_map.c guest-coop/memory/swap_header.c guest-coop/memory/swap_area.c \
	guest-coop/drivers/swap_device.c guest-coop/memory/heap.c guest-coop/memory/frame.c hv-core/lib/string.c

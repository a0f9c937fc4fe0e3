# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_guest_closed_page_SOURCES := guest-coop/memory/closed_page.c guest-coop/memory/heap.c guest-coop/memory/frame.c

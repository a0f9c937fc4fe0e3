# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_guest_page_table_SOURCES := guest-coop/memory/page_table.c guest-coop/memory/frame.c

# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_guest_area_SOURCES := guest-coop/memory/area.c

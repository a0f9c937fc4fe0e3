# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_guest_frame_SOURCES := guest-coop/memory/frame.c guest-coop/memory/heap.c

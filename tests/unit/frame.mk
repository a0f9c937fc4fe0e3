# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_frame_SOURCES := hv-core/machine/frame.c hv-core/machine/memory_map.c

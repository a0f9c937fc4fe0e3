/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the frame allocator begins: its tables are cut from the memory map, what is left is free.
 */
#ifndef MACHINE_FRAME_START_H
#define MACHINE_FRAME_START_H

#include "machine/memory_map.h"

/* The direct map stands at `base` (address 0) from now on. */
void frame_set_direct_map(void *base);

/* After frame_set_direct_map. False when there is no room for the tables. */
bool frame_start(struct memory_map *map);

#endif

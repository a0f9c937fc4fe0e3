/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Physical memory before there is a frame allocator: what is usable, what of it is taken. It serves the
 * allocations that the allocator itself stands on (page tables, frame tables), and then tells it the rest. Pure.
 */
#ifndef MACHINE_MEMORY_MAP_H
#define MACHINE_MEMORY_MAP_H

#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stdint.h>

#define MEMORY_MAP_RANGES 512

struct memory_range {
    coop_paddr start;
    coop_paddr end; /* of the byte after the last */
};

struct memory_map {
    struct memory_range usable[MEMORY_MAP_RANGES]; /* whole frames */
    unsigned usable_count;
    struct memory_range reserved[MEMORY_MAP_RANGES]; /* whole frames; wins where both hold */
    unsigned reserved_count;
};

/* Both return false when the table is full. */
bool memory_map_add_usable(struct memory_map *map, coop_paddr start, uint64_t bytes);
bool memory_map_reserve(struct memory_map *map, coop_paddr start, uint64_t bytes);

/* The lowest free run below `limit`, reserved from now on; UINT64_MAX when there is none. */
coop_paddr memory_map_take(struct memory_map *map, uint64_t bytes, uint64_t alignment_bytes, coop_paddr limit);

/* The end of the highest usable range. */
coop_paddr memory_map_top(const struct memory_map *map);

/* Whether any, or all, of [start, end) is usable memory (reserved or not). */
bool memory_map_any_usable(const struct memory_map *map, coop_paddr start, coop_paddr end);
bool memory_map_all_usable(const struct memory_map *map, coop_paddr start, coop_paddr end);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which pages of an address space are swapped out, and where to. Page-table entries cannot say it: a hypervisor that
 * checks them lets a page that is not present name nothing. So a space with such pages has a map: a hash of leaves,
 * each for half a MiB of addresses. A slot is a number (memory/swap_area.h), 0 is none. Pure but for the heap.
 */
#ifndef MEMORY_SWAP_MAP_H
#define MEMORY_SWAP_MAP_H

#include <stdint.h>

#define SWAP_LEAF_PAGES  128u
#define SWAP_MAP_BUCKETS 128u

struct swap_leaf {
    struct swap_leaf *next;
    uint64_t base; /* the first address */
    uint32_t used; /* slots that are not 0 */
    uint32_t slots[SWAP_LEAF_PAGES];
};

struct swap_map {
    uint64_t pages;  /* that are swapped out */
    uint32_t leaves; /* the map goes with the last one */
    struct swap_leaf *buckets[SWAP_MAP_BUCKETS];
};

/* Of a slot: one user more, or less. */
typedef void swap_map_user(uint32_t slot);

/* Notes down where a page is that is not in the map: 0 or -ENOMEM. Makes the map if there is none. */
int swap_map_set(struct swap_map **map, uint64_t address, uint32_t slot);

/* The slot of a page, or 0. */
uint32_t swap_map_get(const struct swap_map *map, uint64_t address);

/* Forgets a page: its slot, whose use is the caller's now, or 0. */
uint32_t swap_map_take(struct swap_map **map, uint64_t address);

/* Forgets all pages in [start, end), calling `release` for each. */
void swap_map_drop(struct swap_map **map, uint64_t start, uint64_t end, swap_map_user *release);

/* A copy (fork), `reference` called for each page: 0, or -ENOMEM and what has been copied. */
int swap_map_clone(struct swap_map **copy, const struct swap_map *map, swap_map_user *reference);

/* Moves the pages of [start, end) by `distance`, to where there are none. swap_map_make_room comes before, can fail
 * (-ENOMEM), and is taken back by swap_map_tidy. */
int swap_map_make_room(struct swap_map *map, uint64_t start, uint64_t end, uint64_t distance);
void swap_map_move(struct swap_map **map, uint64_t start, uint64_t end, uint64_t distance);
void swap_map_tidy(struct swap_map **map);

/* A page whose slot is in [low, high): its slot, or 0. */
uint32_t swap_map_find(const struct swap_map *map, uint32_t low, uint32_t high, uint64_t *address);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hv-core's own page tables: the image with its protections, the direct map, all in the upper half.
 * A second root adds one low page, on which further CPUs start.
 */
#ifndef MACHINE_PAGING_H
#define MACHINE_PAGING_H

#include "machine/memory_map.h"

/* Makes the tables from `map` and loads them; `low_page` is the page on which further CPUs start. False without memory.
 */
bool paging_start(struct memory_map *map, coop_paddr low_page);

/* Physical addresses below this are in the direct map. */
uint64_t paging_direct_map_bytes(void);

/* What CR3 holds on every CPU, and what it holds while one starts: the same and the low page, as it is. Both below
 * 4 GiB. */
coop_paddr paging_root_address(void);
coop_paddr paging_start_root_address(void);

/* Maps the CPU_STACK_BYTES of physical memory at `frames` as the stack of CPU `index`; what lies below it stays
 * unmapped, so that an overflow is a fault. Returns its upper end. */
uint64_t paging_map_stack(unsigned index, coop_paddr frames);

/* Loads the tables on this CPU. */
void paging_load(void);

#endif

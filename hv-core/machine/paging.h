/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hv-core's own page tables: the image with its protections, the direct map, and for a while one page mapped as it is,
 * on which further CPUs start. Only the upper half is used.
 */
#ifndef MACHINE_PAGING_H
#define MACHINE_PAGING_H

#include "machine/memory_map.h"

/* Makes the tables from `map` and loads them; `low_page` is the page that is mapped as it is. False without memory. */
bool paging_start(struct memory_map *map, coop_paddr low_page);

/* What CR3 holds on every CPU. */
coop_paddr paging_root_address(void);

/* Takes the low page out again, when all CPUs have started. */
void paging_drop_low_page(void);

#endif

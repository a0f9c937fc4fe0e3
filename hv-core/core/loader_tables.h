/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page tables that a guest is entered on by the direct entry: the image where its kernel expects it, and all memory
 * at one linear address more. How a table is born and an entry set is passed in: by the operations of direct page
 * tables, or as plain memory where the tables are the guest's own affair. Pure.
 */
#ifndef CORE_LOADER_TABLES_H
#define CORE_LOADER_TABLES_H

#include "mmu/guest_memory.h"
#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stdint.h>

struct loader_tables_world {
    void *context;
    bool (*table_new)(void *context, coop_paddr frame, unsigned level);
    bool (*set)(void *context, coop_paddr slot, uint64_t entry);
};

struct loader_tables {
    const struct loader_tables_world *world;
    const struct guest_memory *memory;
    coop_paddr zone; /* frames for tables, one after the other; the first is the root */
    uint64_t frames, used;
};

/* How many frames the tables for [linear, linear + bytes) can need at most, beside the root. */
uint64_t loader_tables_most(uint64_t bytes);

/* Makes the tables, and with them the root, for a range of linear addresses. False: the zone is too small. */
bool loader_tables_cover(struct loader_tables *tables, uint64_t linear, uint64_t bytes);

/* Maps `bytes` from `linear` on to `machine` with these bits beside P, A and D: tables are in place. */
bool loader_tables_map(const struct loader_tables *tables, uint64_t linear, coop_paddr machine, uint64_t bytes,
                       uint64_t bits);

#endif

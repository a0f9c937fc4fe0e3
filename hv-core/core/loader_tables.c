/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First all tables, then all entries: a frame that is mapped writable can be no table any more.
 */
#include "core/loader_tables.h"
#include <coopvirt/x86.h>

#define LEVELS     4
#define LINK       (X86_PTE_P | X86_PTE_W | X86_PTE_A)
#define LINK_USER  (LINK | X86_PTE_U)
#define UPPER_HALF (1ul << 63)

static unsigned loader_tables_shift(unsigned level)
{
    return X86_PAGE_SHIFT + 9 * (level - 1);
}

static coop_paddr loader_tables_slot(coop_paddr table, uint64_t linear, unsigned level)
{
    return table + (linear >> loader_tables_shift(level) & 511) * sizeof(uint64_t);
}

uint64_t loader_tables_most(uint64_t bytes)
{
    uint64_t most = 0;
    for (unsigned level = 1; level < LEVELS; level++)
        most += (bytes >> loader_tables_shift(level + 1)) + 2;
    return most;
}

static bool loader_tables_add(struct loader_tables *tables, unsigned level, coop_paddr *frame)
{
    *frame = tables->zone + tables->used * X86_PAGE_BYTES;
    return tables->used++ < tables->frames && tables->world->table_new(tables->world->context, *frame, level);
}

/* The table of level 1 for an address, made if need be. */
static bool loader_tables_make(struct loader_tables *tables, uint64_t linear)
{
    coop_paddr table = tables->zone, next;
    if (!tables->used && !loader_tables_add(tables, LEVELS, &table))
        return false;
    for (unsigned level = LEVELS; level > 1; level--) {
        coop_paddr slot = loader_tables_slot(table, linear, level);
        uint64_t entry;
        if (!guest_memory_read(tables->memory, slot, &entry, sizeof(entry)))
            return false;
        next = entry & X86_PTE_FRAME;
        if (!entry &&
            (!loader_tables_add(tables, level - 1, &next) ||
             !tables->world->set(tables->world->context, slot, next | (linear & UPPER_HALF ? LINK : LINK_USER))))
            return false;
        table = next;
    }
    return true;
}

bool loader_tables_cover(struct loader_tables *tables, uint64_t linear, uint64_t bytes)
{
    uint64_t last = (linear + bytes - 1) >> loader_tables_shift(2);
    for (uint64_t at = linear >> loader_tables_shift(2); at <= last; at++)
        if (!loader_tables_make(tables, at << loader_tables_shift(2)))
            return false;
    return true;
}

static bool loader_tables_find(const struct loader_tables *tables, uint64_t linear, coop_paddr *slot)
{
    coop_paddr table = tables->zone;
    for (unsigned level = LEVELS; level > 1; level--) {
        uint64_t entry;
        if (!guest_memory_read(tables->memory, loader_tables_slot(table, linear, level), &entry, sizeof(entry)) ||
            !entry)
            return false;
        table = entry & X86_PTE_FRAME;
    }
    *slot = loader_tables_slot(table, linear, 1);
    return true;
}

bool loader_tables_map(const struct loader_tables *tables, uint64_t linear, coop_paddr machine, uint64_t bytes,
                       uint64_t bits)
{
    coop_paddr slot = 0;
    for (uint64_t at = 0; at < bytes; at += X86_PAGE_BYTES, slot += sizeof(uint64_t)) {
        bool is_first = !at || !((linear + at) & (X86_PAGE_2M - 1));
        if (is_first && !loader_tables_find(tables, linear + at, &slot))
            return false;
        if (!tables->world->set(tables->world->context, slot,
                                (machine + at) | bits | X86_PTE_P | X86_PTE_A | (bits & X86_PTE_W ? X86_PTE_D : 0)))
            return false;
    }
    return true;
}

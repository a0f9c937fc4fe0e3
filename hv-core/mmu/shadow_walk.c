/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walking again until nobody changes an entry in between.
 */
#include "mmu/shadow_walk.h"
#include "mmu/walker_mark.h"

#define DIRECT_ALL 3 /* the level from which on everything is direct when paging is off: above the root */

void shadow_walk(struct shadow *shadow, const struct shadow_cpu *cpu, uint64_t linear, struct walker_access access,
                 struct shadow_way *way)
{
    const struct walker_format *format = cpu->walker.format;
    struct walker_memory memory = {(void *)shadow->memory, guest_memory_read_entry};
    do {
        way->found = walker_walk(&cpu->walker, &memory, linear, access, &way->trace);
        way->was_accessed = way->found.ok && format && way->trace.entries[way->trace.depth - 1] & X86_PTE_A;
    } while (way->found.ok && format && !walker_mark_way(shadow->memory, format, &way->trace, access.is_write));
    way->leaf = format ? format->levels - way->trace.depth : DIRECT_ALL;
    for (unsigned level = 0; level < SHADOW_LEVELS; level++)
        way->entries[level] = SHADOW_WALK_NO_ENTRY;
    for (unsigned depth = 0; format && depth < way->trace.depth; depth++)
        if (format->level[depth].has_permissions)
            way->entries[format->levels - 1 - depth] = way->trace.entries[depth];
}

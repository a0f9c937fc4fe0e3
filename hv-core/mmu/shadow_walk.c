/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walking again until nobody changes an entry in between.
 */
#include "mmu/shadow_walk.h"

#define DIRECT_ALL 3 /* the level from which on everything is direct when paging is off: above the root */

static bool shadow_walk_read(void *context, coop_paddr address, unsigned bytes, uint64_t *entry)
{
    const struct shadow *shadow = context;
    const void *at = guest_memory_pointer(shadow->memory, address, bytes, false);
    if (!at)
        return false;
    *entry = bytes == 4 ? *(const volatile uint32_t *)at : *(const volatile uint64_t *)at;
    return true;
}

bool shadow_walk_mark(const struct shadow *shadow, coop_paddr address, unsigned bytes, uint64_t *entry, uint64_t bits)
{
    uint64_t old = *entry;
    if ((old & bits) == bits)
        return true;
    *entry |= bits;
    void *at = guest_memory_pointer(shadow->memory, address, bytes, true);
    if (!at)
        return true; /* in read-only memory: the write is lost */
    uint32_t small = (uint32_t)old;
    if (bytes == 4)
        return __atomic_compare_exchange_n((uint32_t *)at, &small, (uint32_t)*entry, false, __ATOMIC_SEQ_CST,
                                           __ATOMIC_SEQ_CST);
    return __atomic_compare_exchange_n((uint64_t *)at, &old, *entry, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* Accessed in every entry on the way (the top ones of PAE have none), dirty in the one that maps a page to be written.
 */
static bool shadow_walk_mark_way(const struct shadow *shadow, const struct walker_format *format,
                                 struct walker_trace *trace, bool is_write)
{
    for (unsigned depth = 0; depth < trace->depth; depth++) {
        uint64_t bits = format->level[depth].has_permissions ? X86_PTE_A : 0;
        if (is_write && depth + 1 == trace->depth)
            bits |= X86_PTE_D;
        if (!shadow_walk_mark(shadow, trace->addresses[depth], format->entry_bytes, &trace->entries[depth], bits))
            return false;
    }
    return true;
}

void shadow_walk(struct shadow *shadow, const struct shadow_cpu *cpu, uint64_t linear, struct walker_access access,
                 struct shadow_way *way)
{
    const struct walker_format *format = cpu->walker.format;
    struct walker_memory memory = {shadow, shadow_walk_read};
    do {
        way->found = walker_walk(&cpu->walker, &memory, linear, access, &way->trace);
        way->was_accessed = way->found.ok && format && way->trace.entries[way->trace.depth - 1] & X86_PTE_A;
    } while (way->found.ok && format && !shadow_walk_mark_way(shadow, format, &way->trace, access.is_write));
    way->leaf = format ? format->levels - way->trace.depth : DIRECT_ALL;
    for (unsigned level = 0; level < SHADOW_LEVELS; level++)
        way->entries[level] = SHADOW_WALK_NO_ENTRY;
    for (unsigned depth = 0; format && depth < way->trace.depth; depth++)
        if (format->level[depth].has_permissions)
            way->entries[format->levels - 1 - depth] = way->trace.entries[depth];
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Usable and reserved ranges of physical memory, and first-fit among them: used at start only, so that
 * short loops over short tables are all it needs.
 */
#include "machine/memory_map.h"

#include <coopvirt/x86.h>

static coop_paddr memory_map_align_up(coop_paddr address, uint64_t alignment_bytes)
{
    if (address > UINT64_MAX - (alignment_bytes - 1))
        return UINT64_MAX;
    return (address + alignment_bytes - 1) & ~(alignment_bytes - 1);
}

/* Adds a range, merged with the one it continues. */
static bool memory_map_add(struct memory_range *ranges, unsigned *count, coop_paddr start, coop_paddr end)
{
    if (start >= end)
        return true;
    for (unsigned i = 0; i < *count; i++)
        if (ranges[i].end == start) {
            ranges[i].end = end;
            return true;
        }
    if (*count == MEMORY_MAP_RANGES)
        return false;
    ranges[(*count)++] = (struct memory_range){start, end};
    return true;
}

bool memory_map_add_usable(struct memory_map *map, coop_paddr start, uint64_t bytes)
{
    coop_paddr end = start > UINT64_MAX - bytes ? UINT64_MAX : start + bytes;

    return memory_map_add(map->usable, &map->usable_count, memory_map_align_up(start, X86_PAGE_BYTES),
                          end & ~(X86_PAGE_BYTES - 1));
}

bool memory_map_reserve(struct memory_map *map, coop_paddr start, uint64_t bytes)
{
    coop_paddr end = start > UINT64_MAX - bytes ? UINT64_MAX : start + bytes;

    if (!bytes)
        return true;
    return memory_map_add(map->reserved, &map->reserved_count, start & ~(X86_PAGE_BYTES - 1),
                          memory_map_align_up(end, X86_PAGE_BYTES));
}

/* The end of a reserved range that overlaps [start, end), or 0. */
static coop_paddr memory_map_blocked(const struct memory_map *map, coop_paddr start, coop_paddr end)
{
    for (unsigned i = 0; i < map->reserved_count; i++)
        if (map->reserved[i].start < end && start < map->reserved[i].end)
            return map->reserved[i].end;
    return 0;
}

static coop_paddr memory_map_take_from(const struct memory_map *map, const struct memory_range *usable, uint64_t bytes,
                                       uint64_t alignment_bytes, coop_paddr limit)
{
    coop_paddr end = usable->end < limit ? usable->end : limit;
    coop_paddr candidate = memory_map_align_up(usable->start, alignment_bytes);

    while (candidate < end && bytes <= end - candidate) {
        coop_paddr blocked = memory_map_blocked(map, candidate, candidate + bytes);
        if (!blocked)
            return candidate;
        candidate = memory_map_align_up(blocked, alignment_bytes);
    }
    return UINT64_MAX;
}

coop_paddr memory_map_take(struct memory_map *map, uint64_t bytes, uint64_t alignment_bytes, coop_paddr limit)
{
    coop_paddr best = UINT64_MAX;

    for (unsigned i = 0; i < map->usable_count; i++) {
        coop_paddr found = memory_map_take_from(map, &map->usable[i], bytes, alignment_bytes, limit);
        if (found < best)
            best = found;
    }
    if (best != UINT64_MAX && !memory_map_reserve(map, best, bytes))
        return UINT64_MAX;
    return best;
}

coop_paddr memory_map_top(const struct memory_map *map)
{
    coop_paddr top = 0;

    for (unsigned i = 0; i < map->usable_count; i++)
        if (map->usable[i].end > top)
            top = map->usable[i].end;
    return top;
}

bool memory_map_any_usable(const struct memory_map *map, coop_paddr start, coop_paddr end)
{
    for (unsigned i = 0; i < map->usable_count; i++)
        if (map->usable[i].start < end && start < map->usable[i].end)
            return true;
    return false;
}

bool memory_map_all_usable(const struct memory_map *map, coop_paddr start, coop_paddr end)
{
    for (unsigned i = 0; i < map->usable_count; i++)
        if (map->usable[i].start <= start && end <= map->usable[i].end)
            return true;
    return false;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Without targets there is still one entry: the root in use.
 */
#include "mmu/root_cache.h"
#include <coopvirt/mutation.h>

static unsigned root_cache_size(const struct root_cache *cache)
{
    return cache->targets ? cache->targets : 1;
}

void root_cache_init(struct root_cache *cache, unsigned targets)
{
    cache->targets = targets < ROOT_CACHE_MOST ? targets : ROOT_CACHE_MOST;
    cache->next = 0;
    cache->random = 1;
    cache->changed = ROOT_CACHE_ALL;
    for (unsigned i = 0; i < ROOT_CACHE_MOST; i++)
        cache->roots[i] = ROOT_CACHE_NONE;
}

static int root_cache_find(const struct root_cache *cache, coop_paddr root)
{
    for (unsigned i = 0; i < root_cache_size(cache); i++)
        if (cache->roots[i] == root)
            return (int)i;
    return -1;
}

bool root_cache_holds(const struct root_cache *cache, coop_paddr root)
{
    return root_cache_find(cache, root) >= 0;
}

/* A free entry, or any: among more roots than entries that take turns, some stay. */
static unsigned root_cache_choose(struct root_cache *cache)
{
    int free = root_cache_find(cache, ROOT_CACHE_NONE);
    if (free >= 0)
        return (unsigned)free;
    cache->random = cache->random * 1664525 + 1013904223;
    return (cache->random >> 16) % root_cache_size(cache);
}

bool root_cache_load(struct root_cache *cache, const struct root_cache_world *world, coop_paddr root)
{
    if (root == ROOT_CACHE_NONE)
        return false;
    if (cache->targets ? root_cache_holds(cache, root) : cache->roots[0] == root)
        return true;
    if (!MUTATED(vt_root_reference) && !world->get(world->context, root))
        return false;
    /* The root that is left may be the one that goes: from here on it is not in use. */
    unsigned next = cache->next;
    bool is_replaced = cache->roots[next] != ROOT_CACHE_NONE;
    if (is_replaced && !MUTATED(vt_root_reference))
        world->put(world->context, cache->roots[next]);
    cache->roots[next] = root;
    if (!cache->targets)
        return true; /* nobody is told */
    cache->changed |= is_replaced ? (uint8_t)(1u << next) : ROOT_CACHE_ALL;
    cache->next = root_cache_choose(cache);
    return true;
}

bool root_cache_drop(struct root_cache *cache, const struct root_cache_world *world, coop_paddr root,
                     coop_paddr current)
{
    int at = root_cache_find(cache, root);
    if (at < 0)
        return true;
    if (root == current && !MUTATED(vt_root_current))
        return false;
    if (!MUTATED(vt_root_drop))
        cache->roots[at] = ROOT_CACHE_NONE;
    cache->next = (unsigned)at; /* a free place is filled first */
    cache->changed = ROOT_CACHE_ALL;
    if (!MUTATED(vt_root_reference))
        world->put(world->context, root);
    return true;
}

unsigned root_cache_list(const struct root_cache *cache, coop_paddr *roots)
{
    unsigned count = 0;
    for (unsigned i = 0; i < cache->targets; i++)
        if (cache->roots[i] != ROOT_CACHE_NONE)
            roots[count++] = cache->roots[i];
    return count;
}

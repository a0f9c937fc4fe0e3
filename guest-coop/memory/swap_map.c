/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hash of leaves. A range is walked by its addresses where it is short, and by what there is where it is long.
 */
#include "memory/swap_map.h"
#include "kernel/errno.h"
#include "memory/heap.h"

#define PAGE_SHIFT 12
#define LEAF_SHIFT 19
#define LEAF_BYTES (1ul << LEAF_SHIFT)
_Static_assert(SWAP_LEAF_PAGES << PAGE_SHIFT == LEAF_BYTES, "the leaf's pages");

static struct swap_leaf **swap_map_bucket(struct swap_map *map, uint64_t base)
{
    return &map->buckets[(base >> LEAF_SHIFT) % SWAP_MAP_BUCKETS];
}

static struct swap_leaf *swap_map_leaf(const struct swap_map *map, uint64_t address)
{
    uint64_t base = address & ~(LEAF_BYTES - 1);
    struct swap_leaf *leaf = map->buckets[(base >> LEAF_SHIFT) % SWAP_MAP_BUCKETS];
    while (leaf && leaf->base != base)
        leaf = leaf->next;
    return leaf;
}

static uint32_t *swap_map_slot(struct swap_leaf *leaf, uint64_t address)
{
    return &leaf->slots[(address & (LEAF_BYTES - 1)) >> PAGE_SHIFT];
}

/* The leaf for an address, made if need be; NULL: there is no memory. */
static struct swap_leaf *swap_map_leaf_make(struct swap_map *map, uint64_t address)
{
    struct swap_leaf *leaf = swap_map_leaf(map, address);
    if (leaf)
        return leaf;
    leaf = heap_allocate(sizeof(*leaf));
    if (!leaf)
        return 0;
    leaf->base = address & ~(LEAF_BYTES - 1);
    struct swap_leaf **bucket = swap_map_bucket(map, leaf->base);
    leaf->next = *bucket;
    *bucket = leaf;
    map->leaves++;
    return leaf;
}

/* Frees what is empty in the chain that begins at the link. */
static void swap_map_tidy_chain(struct swap_map *map, struct swap_leaf **link)
{
    while (*link) {
        struct swap_leaf *leaf = *link;
        if (leaf->used) {
            link = &leaf->next;
            continue;
        }
        *link = leaf->next;
        heap_free(leaf);
        map->leaves--;
    }
}

static void swap_map_free_empty(struct swap_map **map)
{
    if ((*map)->leaves)
        return;
    heap_free(*map);
    *map = 0;
}

void swap_map_tidy(struct swap_map **map)
{
    for (unsigned i = 0; i < SWAP_MAP_BUCKETS; i++)
        swap_map_tidy_chain(*map, &(*map)->buckets[i]);
    swap_map_free_empty(map);
}

int swap_map_set(struct swap_map **map, uint64_t address, uint32_t slot)
{
    if (!*map)
        *map = heap_allocate(sizeof(**map));
    if (!*map)
        return -ENOMEM;
    struct swap_leaf *leaf = swap_map_leaf_make(*map, address);
    if (!leaf) {
        swap_map_free_empty(map);
        return -ENOMEM;
    }
    *swap_map_slot(leaf, address) = slot;
    leaf->used++;
    (*map)->pages++;
    return 0;
}

uint32_t swap_map_get(const struct swap_map *map, uint64_t address)
{
    struct swap_leaf *leaf = map ? swap_map_leaf(map, address) : 0;
    return leaf ? *swap_map_slot(leaf, address) : 0;
}

/* Empties a place of a leaf: what stood there. */
static uint32_t swap_map_clear(struct swap_map *map, struct swap_leaf *leaf, uint64_t address)
{
    uint32_t *place = swap_map_slot(leaf, address), slot = *place;
    if (!slot)
        return 0;
    *place = 0;
    leaf->used--;
    map->pages--;
    return slot;
}

uint32_t swap_map_take(struct swap_map **map, uint64_t address)
{
    struct swap_leaf *leaf = *map ? swap_map_leaf(*map, address) : 0;
    uint32_t slot = leaf ? swap_map_clear(*map, leaf, address) : 0;
    if (slot && !leaf->used) {
        swap_map_tidy_chain(*map, swap_map_bucket(*map, leaf->base));
        swap_map_free_empty(map);
    }
    return slot;
}

/* What a walk over [start, end) does with each page. */
struct swap_map_walk {
    struct swap_map *map;
    uint64_t start, end;
    void (*visit)(struct swap_map_walk *walk, struct swap_leaf *leaf, uint64_t address);
    swap_map_user *user;
    uint64_t distance;
};

static void swap_map_walk_leaf(struct swap_map_walk *walk, struct swap_leaf *leaf)
{
    uint64_t at = leaf->base > walk->start ? leaf->base : walk->start, end = leaf->base + LEAF_BYTES;
    if (end > walk->end)
        end = walk->end;
    for (; at < end && leaf->used; at += 1ul << PAGE_SHIFT)
        if (*swap_map_slot(leaf, at))
            walk->visit(walk, leaf, at);
}

static void swap_map_walk(struct swap_map_walk *walk)
{
    uint64_t first = walk->start & ~(LEAF_BYTES - 1);
    if ((walk->end - first) >> LEAF_SHIFT < SWAP_MAP_BUCKETS) {
        for (uint64_t base = first; base < walk->end; base += LEAF_BYTES) {
            struct swap_leaf *leaf = swap_map_leaf(walk->map, base);
            if (leaf)
                swap_map_walk_leaf(walk, leaf);
        }
        return;
    }
    for (unsigned i = 0; i < SWAP_MAP_BUCKETS; i++)
        for (struct swap_leaf *leaf = walk->map->buckets[i]; leaf; leaf = leaf->next)
            swap_map_walk_leaf(walk, leaf);
}

static void swap_map_drop_page(struct swap_map_walk *walk, struct swap_leaf *leaf, uint64_t address)
{
    walk->user(swap_map_clear(walk->map, leaf, address));
}

void swap_map_drop(struct swap_map **map, uint64_t start, uint64_t end, swap_map_user *release)
{
    struct swap_map_walk walk = {.map = *map, .start = start, .end = end, .visit = swap_map_drop_page, .user = release};
    swap_map_walk(&walk);
    swap_map_tidy(map);
}

int swap_map_clone(struct swap_map **copy, const struct swap_map *map, swap_map_user *reference)
{
    for (unsigned i = 0; i < SWAP_MAP_BUCKETS; i++)
        for (const struct swap_leaf *leaf = map->buckets[i]; leaf; leaf = leaf->next)
            for (uint32_t page = 0; page < SWAP_LEAF_PAGES; page++) {
                if (!leaf->slots[page])
                    continue;
                int status = swap_map_set(copy, leaf->base + ((uint64_t)page << PAGE_SHIFT), leaf->slots[page]);
                if (status < 0)
                    return status;
                reference(leaf->slots[page]);
            }
    return 0;
}

int swap_map_make_room(struct swap_map *map, uint64_t start, uint64_t end, uint64_t distance)
{
    /* New leaves come first in their chains, and are empty. A leaf's pages go to at most two. */
    for (unsigned i = 0; i < SWAP_MAP_BUCKETS; i++)
        for (const struct swap_leaf *leaf = map->buckets[i]; leaf; leaf = leaf->next) {
            if (!leaf->used || leaf->base + LEAF_BYTES <= start || leaf->base >= end)
                continue;
            if (!swap_map_leaf_make(map, leaf->base + distance) ||
                !swap_map_leaf_make(map, leaf->base + LEAF_BYTES - 1 + distance))
                return -ENOMEM;
        }
    return 0;
}

static void swap_map_move_page(struct swap_map_walk *walk, struct swap_leaf *leaf, uint64_t address)
{
    uint32_t slot = swap_map_clear(walk->map, leaf, address);
    struct swap_leaf *there = swap_map_leaf(walk->map, address + walk->distance);
    *swap_map_slot(there, address + walk->distance) = slot;
    there->used++;
    walk->map->pages++;
}

void swap_map_move(struct swap_map **map, uint64_t start, uint64_t end, uint64_t distance)
{
    struct swap_map_walk walk = {
        .map = *map, .start = start, .end = end, .visit = swap_map_move_page, .distance = distance};
    swap_map_walk(&walk);
    swap_map_tidy(map);
}

uint32_t swap_map_find(const struct swap_map *map, uint32_t low, uint32_t high, uint64_t *address)
{
    for (unsigned i = 0; map && i < SWAP_MAP_BUCKETS; i++)
        for (const struct swap_leaf *leaf = map->buckets[i]; leaf; leaf = leaf->next)
            for (uint32_t page = 0; page < SWAP_LEAF_PAGES; page++)
                if (leaf->slots[page] && leaf->slots[page] >= low && leaf->slots[page] < high) {
                    *address = leaf->base + ((uint64_t)page << PAGE_SHIFT);
                    return leaf->slots[page];
                }
    return 0;
}

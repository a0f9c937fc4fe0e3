/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Supplementary groups: lists that setgroups(2) makes and permission checks search.
 */
#include "kernel/groups.h"
#include "memory/heap.h"

struct groups *groups_create(uint32_t count)
{
    struct groups *groups = heap_allocate(sizeof(*groups) + count * sizeof(groups->of[0]));
    if (!groups)
        return 0;
    groups->references = 1;
    groups->count = count;
    return groups;
}

/* Lets the value at `at` sink in a heap of `count`, the greatest on top. */
static void groups_sink(uint32_t *of, uint32_t at, uint32_t count)
{
    uint32_t value = of[at], below;
    while ((below = 2 * at + 1) < count) {
        if (below + 1 < count && of[below + 1] > of[below])
            below++;
        if (of[below] <= value)
            break;
        of[at] = of[below];
        at = below;
    }
    of[at] = value;
}

void groups_sort(struct groups *groups)
{
    uint32_t *of = groups->of;
    for (uint32_t at = groups->count / 2; at-- > 0;)
        groups_sink(of, at, groups->count);
    for (uint32_t last = groups->count; last-- > 1;) {
        uint32_t greatest = of[0];
        of[0] = of[last];
        of[last] = greatest;
        groups_sink(of, 0, last);
    }
}

bool groups_contain(const struct groups *groups, uint32_t gid)
{
    uint32_t low = 0, high = groups->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (groups->of[middle] == gid)
            return true;
        if (groups->of[middle] < gid)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

void groups_release(struct groups *groups)
{
    if (groups && --groups->references == 0)
        heap_free(groups);
}

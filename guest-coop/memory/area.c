/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ordered, doubly linked list of areas with a memory of the last hit. A static program has about six.
 */
#include "memory/area.h"
#include "fs/file.h"
#include "kernel/errno.h"
#include "memory/heap.h"

#define PAGE_SHIFT 12

struct area *area_find_from(struct area_list *list, uint64_t address)
{
    struct area *area = list->recent;
    if (area && address < area->end && (!area->previous || area->previous->end <= address))
        return area;
    if (!list->last || address >= list->last->end)
        return 0;
    area = list->first;
    while (area && area->end <= address)
        area = area->next;
    if (area)
        list->recent = area;
    return area;
}

struct area *area_find(struct area_list *list, uint64_t address)
{
    struct area *area = area_find_from(list, address);
    return area && area->start <= address ? area : 0;
}

bool area_range_free(struct area_list *list, uint64_t start, uint64_t end)
{
    struct area *area = area_find_from(list, start);
    return !area || area->start >= end;
}

uint64_t area_find_gap(const struct area_list *list, uint64_t bytes, uint64_t low, uint64_t high)
{
    for (const struct area *area = list->last; area; area = area->previous) {
        if (area->end <= high && high - area->end >= bytes)
            break;
        if (area->start < high)
            high = area->start;
    }
    return high >= low && high - low >= bytes ? high - bytes : 0;
}

/* Does `second` go on where `first` ends, in every respect? */
static bool area_continues(const struct area *first, const struct area *second)
{
    if (first->end != second->start || first->protection != second->protection || first->flags != second->flags ||
        first->file != second->file)
        return false;
    return !first->file || first->page_index + ((first->end - first->start) >> PAGE_SHIFT) == second->page_index;
}

static void area_link(struct area_list *list, struct area *area, struct area *next)
{
    area->next = next;
    area->previous = next ? next->previous : list->last;
    if (area->previous)
        area->previous->next = area;
    else
        list->first = area;
    if (next)
        next->previous = area;
    else
        list->last = area;
}

void area_remove(struct area_list *list, struct area *area)
{
    if (area->previous)
        area->previous->next = area->next;
    else
        list->first = area->next;
    if (area->next)
        area->next->previous = area->previous;
    else
        list->last = area->previous;
    if (list->recent == area)
        list->recent = 0;
    if (area->file)
        file_release(area->file);
    heap_free(area);
}

void area_join(struct area_list *list, struct area *area)
{
    struct area *next = area->next, *previous = area->previous;
    if (next && area_continues(area, next)) {
        area->end = next->end;
        area_remove(list, next);
    }
    if (previous && area_continues(previous, area)) {
        previous->end = area->end;
        area_remove(list, area);
    }
}

static struct area *area_create(const struct area *model)
{
    struct area *area = heap_allocate(sizeof(*area));
    if (!area)
        return 0;
    *area = *model;
    if (area->file)
        file_reference(area->file);
    return area;
}

int area_insert(struct area_list *list, const struct area *wanted)
{
    struct area *next = area_find_from(list, wanted->start);
    struct area *previous = next ? next->previous : list->last;
    if (previous && area_continues(previous, wanted)) {
        previous->end = wanted->end;
        area_join(list, previous);
        return 0;
    }
    struct area *area = area_create(wanted);
    if (!area)
        return -ENOMEM;
    area_link(list, area, next);
    area_join(list, area);
    return 0;
}

int area_split_at(struct area_list *list, uint64_t address)
{
    struct area *area = area_find(list, address);
    if (!area || area->start == address)
        return 0;
    struct area *upper = area_create(area);
    if (!upper)
        return -ENOMEM;
    upper->start = address;
    upper->page_index += (address - area->start) >> PAGE_SHIFT;
    area->end = address;
    area_link(list, upper, area->next);
    return 0;
}

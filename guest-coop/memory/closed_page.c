/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A list without order: programs close few pages, if any.
 */
#include "memory/closed_page.h"
#include "kernel/errno.h"
#include "memory/frame.h"
#include "memory/heap.h"

int closed_page_keep(struct closed_page **list, uint64_t address, coop_paddr frame)
{
    struct closed_page *page = heap_allocate(sizeof(*page));
    if (!page)
        return -ENOMEM;
    *page = (struct closed_page){*list, address, frame};
    *list = page;
    return 0;
}

struct closed_page *closed_page_take(struct closed_page **list, uint64_t start, uint64_t end)
{
    for (struct closed_page **link = list; *link; link = &(*link)->next) {
        struct closed_page *page = *link;
        if (page->address < start || page->address >= end)
            continue;
        *link = page->next;
        return page;
    }
    return 0;
}

uint64_t closed_page_drop(struct closed_page **list, uint64_t start, uint64_t end)
{
    uint64_t dropped = 0;
    struct closed_page **link = list;
    while (*link) {
        struct closed_page *page = *link;
        if (page->address < start || page->address >= end) {
            link = &page->next;
            continue;
        }
        *link = page->next;
        frame_release(page->frame);
        heap_free(page);
        dropped++;
    }
    return dropped;
}

long closed_page_clone(struct closed_page **copy, const struct closed_page *list)
{
    long cloned = 0;
    for (; list; list = list->next, cloned++) {
        int status = closed_page_keep(copy, list->address, list->frame);
        if (status < 0)
            return status;
        frame_reference(list->frame);
    }
    return cloned;
}

void closed_page_move(struct closed_page *list, uint64_t start, uint64_t end, uint64_t distance)
{
    for (; list; list = list->next)
        if (list->address >= start && list->address < end)
            list->address += distance;
}

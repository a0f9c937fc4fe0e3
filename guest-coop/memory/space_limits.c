/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The limits on an address space (setrlimit(2)): its size, its writable private memory, what is locked. What is mapped
 * and locked is counted as it changes; writable private memory is counted here, when somebody has limited it.
 */
#include "kernel/capability.h"
#include "kernel/errno.h"
#include "kernel/limits.h"
#include "memory/address_space.h"
#include "memory/page_table.h"

static uint64_t space_limits_pages(unsigned which)
{
    return limits_of(process_current(), which)->soft >> X86_PAGE_SHIFT;
}

/* Is it data, of which RLIMIT_DATA speaks? */
static bool space_limits_data(uint32_t protection, uint32_t flags)
{
    return protection & AREA_WRITE && !(flags & (AREA_SHARED | AREA_STACK));
}

/* Pages of an area in [start, end). */
static uint64_t space_limits_common(const struct area *area, uint64_t start, uint64_t end)
{
    uint64_t from = area->start > start ? area->start : start, to = area->end < end ? area->end : end;
    return (to - from) >> X86_PAGE_SHIFT;
}

/* Pages of areas in [start, end): all, or those of data. */
static uint64_t space_limits_count(struct address_space *space, uint64_t start, uint64_t end, bool data)
{
    uint64_t pages = 0;
    for (const struct area *area = area_find_from(&space->areas, start); area && area->start < end; area = area->next)
        if (!data || space_limits_data(area->protection, area->flags))
            pages += space_limits_common(area, start, end);
    return pages;
}

/* `pages` more of data where `gone` go. Linux takes a limit of 0 for the hard one, for the sake of Valgrind. */
static bool space_limits_data_fit(struct address_space *space, uint64_t pages, uint64_t gone)
{
    const struct limit *limit = limits_of(process_current(), LIMIT_DATA);
    uint64_t most = limit->soft ? limit->soft : limit->hard;
    if (most == LIMIT_INFINITE)
        return true;
    return space_limits_count(space, 0, UINT64_MAX, true) - gone + pages <= most >> X86_PAGE_SHIFT;
}

bool address_space_may_grow(struct address_space *space, uint64_t pages, uint32_t protection, uint32_t flags)
{
    if (space->mapped_pages + pages > space_limits_pages(LIMIT_SPACE))
        return false;
    return !space_limits_data(protection, flags) || space_limits_data_fit(space, pages, 0);
}

bool address_space_may_replace(struct address_space *space, uint64_t start, uint64_t end, uint32_t protection,
                               uint32_t flags)
{
    uint64_t pages = (end - start) >> X86_PAGE_SHIFT, gone = space_limits_count(space, start, end, false);
    if (space->mapped_pages - gone + pages > space_limits_pages(LIMIT_SPACE))
        return false;
    return !space_limits_data(protection, flags) ||
           space_limits_data_fit(space, pages, space_limits_count(space, start, end, true));
}

bool address_space_may_write(struct address_space *space, uint64_t start, uint64_t end)
{
    uint64_t pages = 0;
    for (const struct area *area = area_find_from(&space->areas, start); area && area->start < end; area = area->next)
        if (!space_limits_data(area->protection, area->flags) && space_limits_data(AREA_WRITE, area->flags))
            pages += space_limits_common(area, start, end);
    return pages == 0 || space_limits_data_fit(space, pages, 0);
}

bool address_space_fits(struct address_space *space)
{
    return space->mapped_pages <= space_limits_pages(LIMIT_SPACE) && space_limits_data_fit(space, 0, 0);
}

int address_space_may_lock(const struct address_space *space, uint64_t pages)
{
    if (capability_held(CAPABILITY_IPC_LOCK))
        return 0;
    if (limits_of(process_current(), LIMIT_LOCKED)->soft == 0)
        return -EPERM;
    return space->locked_pages + pages > space_limits_pages(LIMIT_LOCKED) ? -ENOMEM : 0;
}

uint64_t address_space_locked(struct address_space *space, uint64_t start, uint64_t end)
{
    uint64_t pages = 0;
    for (const struct area *area = area_find_from(&space->areas, start); area && area->start < end; area = area->next)
        if (area->flags & AREA_LOCKED)
            pages += space_limits_common(area, start, end);
    return pages;
}

static void space_limits_mark(struct address_space *space, struct area *area, bool lock)
{
    uint64_t pages = (area->end - area->start) >> X86_PAGE_SHIFT;
    if (!(area->flags & AREA_LOCKED) == !lock)
        return;
    area->flags ^= AREA_LOCKED;
    space->locked_pages += lock ? pages : -pages;
}

int address_space_lock(struct address_space *space, uint64_t start, uint64_t end, bool lock)
{
    int status = area_split_at(&space->areas, start);
    if (status == 0)
        status = area_split_at(&space->areas, end);
    if (status < 0)
        return status;
    struct area *area = area_find(&space->areas, start);
    while (area) {
        uint64_t until = area->end;
        space_limits_mark(space, area, lock);
        area_join(&space->areas, area); /* it, or the next one, may be gone */
        area = until < end ? area_find_from(&space->areas, until) : 0;
    }
    return 0;
}

void address_space_lock_all(struct address_space *space, bool lock)
{
    for (struct area *area = space->areas.first; area; area = area->next)
        space_limits_mark(space, area, lock);
}

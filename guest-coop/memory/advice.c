/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * madvise(2) as far as it acts on areas: one after the other, up to the first that the advice cannot be given for.
 */
#include "kernel/errno.h"
#include "kernel/vdso.h"
#include "memory/address_space.h"
#include "memory/layout.h"
#include "memory/swap.h"

/* Changes flags of an area in [start, end): 0 or -ENOMEM. */
static int advice_mark(struct address_space *space, uint64_t start, uint64_t end, uint32_t set, uint32_t clear)
{
    int status = area_split_at(&space->areas, start);
    if (status == 0)
        status = area_split_at(&space->areas, end);
    struct area *area = area_find(&space->areas, start);
    if (status == 0)
        area->flags = (area->flags & ~clear) | set;
    area_join(&space->areas, area);
    return status;
}

/* The advice for the part of one area that is in [start, end): 0 or -errno. */
static int advice_give(struct address_space *space, const struct area *area, uint64_t start, uint64_t end,
                       unsigned advice)
{
    switch (advice) {
    case ADVICE_FREE:
        if (area->file)
            return -EINVAL;
        /* fall through */
    case ADVICE_DONTNEED:
        return area->flags & AREA_LOCKED ? -EINVAL : address_space_discard(space, start, end - start);
    case ADVICE_DONTFORK:
        return advice_mark(space, start, end, AREA_NO_FORK, 0);
    case ADVICE_DOFORK:
        return advice_mark(space, start, end, 0, AREA_NO_FORK);
    case ADVICE_WIPEONFORK:
        return area->file || area->flags & AREA_SHARED ? -EINVAL : advice_mark(space, start, end, AREA_WIPE_FORK, 0);
    case ADVICE_KEEPONFORK:
        return advice_mark(space, start, end, 0, AREA_WIPE_FORK);
    case ADVICE_COLD:
    case ADVICE_PAGEOUT:
        if (area->flags & AREA_LOCKED)
            return -EINVAL;
        (advice == ADVICE_COLD ? swap_cool : swap_page_out)(space, start, end);
        return 0;
    default:
        return 0; /* has no effect */
    }
}

int address_space_advise(struct address_space *space, uint64_t start, uint64_t end, unsigned advice)
{
    int status = 0;
    if (end > USER_TOP || (end > USER_STACK_TOP && vdso_settle(space) < 0))
        return -ENOMEM;
    while (start < end) {
        const struct area *area = area_find_from(&space->areas, start);
        if (!area || area->start >= end)
            return -ENOMEM;
        if (area->start > start) {
            status = -ENOMEM; /* when the rest is done */
            start = area->start;
        }
        uint64_t to = area->end < end ? area->end : end;
        int given = advice_give(space, area, start, to, advice);
        if (given < 0)
            return given;
        start = to;
    }
    return status;
}

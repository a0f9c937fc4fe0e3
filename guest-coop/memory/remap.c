/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mremap(2): areas that grow, shrink, and move with their pages, in the running process's own space, which is loaded.
 * What fails for want of memory has moved no page: the new area joins its neighbours only when its pages have come, so
 * that taking it back needs nothing.
 */
#include "kernel/errno.h"
#include "kernel/limits.h"
#include "kernel/vdso.h"
#include "memory/address_space.h"
#include "memory/layout.h"
#include "memory/page_table.h"

#define PAGE_MASK (X86_PAGE_BYTES - 1)

/* What is asked for, in whole pages. */
struct remap {
    uint64_t old, old_bytes, new_bytes;
    uint64_t wanted; /* REMAP_FIXED: where it has to go; REMAP_KEEP: where it may go */
    uint32_t flags;
};

struct remap_context {
    struct page_table_path path;
    uint64_t distance;
};

static int remap_page(void *argument, uint64_t address, uint64_t *slot)
{
    struct remap_context *context = argument;
    uint64_t *to = page_table_path_make(&context->path, address + context->distance);
    if (!to)
        return -ENOMEM;
    page_set(to, *slot);
    page_set(slot, 0);
    return 0;
}

/* Moves the pages of [start, start + bytes). Without memory for the tables none of them. */
static int remap_pages(struct address_space *space, uint64_t start, uint64_t bytes, uint64_t distance)
{
    struct remap_context context = {.distance = distance}, back = {.distance = -distance};
    if (space->swapped && swap_map_make_room(space->swapped, start, start + bytes, distance) < 0) {
        swap_map_tidy(&space->swapped);
        return -ENOMEM;
    }
    page_table_path_start(&context.path, space->root);
    pv_batch_begin();
    int status = page_table_visit(space->root, start, start + bytes, remap_page, &context);
    if (status < 0) {
        pv_batch_settle(); /* what has been moved is read */
        page_table_path_start(&back.path, space->root);
        page_table_visit(space->root, start + distance, start + distance + bytes, remap_page, &back);
    }
    pv.mmu.flush_user();
    pv_batch_end();
    if (status == 0)
        closed_page_move(space->closed, start, start + bytes, distance);
    if (space->swapped && status == 0)
        swap_map_move(&space->swapped, start, start + bytes, distance);
    else if (space->swapped)
        swap_map_tidy(&space->swapped);
    return status;
}

/* Where the pages go, or 0. */
static uint64_t remap_place(struct address_space *space, const struct remap *remap)
{
    if (remap->flags & REMAP_FIXED)
        return remap->wanted;
    if (remap->flags & REMAP_KEEP && remap->wanted >= USER_LOWEST &&
        area_range_free(&space->areas, remap->wanted, remap->wanted + remap->new_bytes))
        return remap->wanted;
    return area_find_gap(&space->areas, remap->new_bytes, USER_LOWEST, USER_MAP_TOP);
}

/* The old range when its pages have gone: it goes too, or stays, empty and not locked. */
static int remap_leave(struct address_space *space, const struct remap *remap)
{
    if (remap->flags & REMAP_KEEP)
        return address_space_lock(space, remap->old, remap->old + remap->old_bytes, false);
    return remap->old_bytes ? address_space_unmap(space, remap->old, remap->old_bytes) : 0;
}

/* Makes an area elsewhere that goes on with these pages. Whether the space may grow by it is known. */
static long remap_move(struct address_space *space, const struct area *area, const struct remap *remap)
{
    uint64_t address = remap_place(space, remap), old = remap->old, old_end = old + remap->old_bytes;
    if (address == 0)
        return -ENOMEM;
    struct area moved = {.start = address,
                         .end = address + remap->new_bytes,
                         .protection = area->protection,
                         .flags = area->flags | AREA_MOVING,
                         .file = area->file,
                         .page_index = area->page_index + ((old - area->start) >> X86_PAGE_SHIFT)};
    /* The old range for itself now, so that nothing is left to fail when its pages have gone. */
    int status = remap->old_bytes ? area_split_at(&space->areas, old) : 0;
    if (status == 0 && remap->old_bytes)
        status = area_split_at(&space->areas, old_end);
    if (status == 0)
        status = address_space_add(space, &moved);
    if (status < 0)
        return status;
    if (remap->old_bytes)
        status = remap_pages(space, old, remap->old_bytes, address - old);
    if (status < 0)
        address_space_unmap(space, address, remap->new_bytes);
    else
        status = remap_leave(space, remap);
    struct area *there = area_find(&space->areas, address);
    if (there) {
        there->flags &= ~AREA_MOVING;
        area_join(&space->areas, there);
    }
    return status < 0 ? status : (long)address;
}

/* Empties the place that is asked for: 0 or -errno. */
static int remap_make_room(struct address_space *space, const struct remap *remap)
{
    uint64_t wanted = remap->wanted, end = wanted + remap->new_bytes;
    if ((wanted & PAGE_MASK) || wanted > USER_TOP - remap->new_bytes)
        return -EINVAL;
    if (remap->old + remap->old_bytes > wanted && end > remap->old)
        return -EINVAL;
    if (!(remap->flags & REMAP_FIXED)) /* what is implied there is to be seen as taken */
        return end > USER_STACK_TOP && vdso_settle(space) < 0 ? -ENOMEM : 0;
    return wanted < X86_PAGE_BYTES ? -EPERM : address_space_unmap(space, wanted, remap->new_bytes);
}

/* May the pages be mapped, by the limits and by what is there? 0 or -errno. */
static int remap_check(struct address_space *space, const struct area *area, const struct remap *remap)
{
    uint64_t grown = remap->new_bytes - remap->old_bytes;
    uint64_t more = (remap->flags & REMAP_KEEP ? remap->new_bytes : grown) >> X86_PAGE_SHIFT;
    if (!area)
        return -EFAULT;
    if (remap->old_bytes == 0 && !(area->flags & AREA_SHARED))
        return -EINVAL;
    if (area->end - remap->old < remap->old_bytes)
        return -EFAULT;
    if (grown && area->flags & AREA_LOCKED && address_space_may_lock(space, more) < 0)
        return -EAGAIN;
    if (more && limits_tables && !address_space_may_grow(space, more, area->protection, area->flags))
        return -ENOMEM;
    return 0;
}

/* Grows the area where it is, if it ends with the old range and there is room behind. */
static bool remap_grow(struct address_space *space, struct area *area, const struct remap *remap)
{
    uint64_t end = remap->old + remap->old_bytes, wanted = remap->old + remap->new_bytes;
    if (area->end != end || wanted > USER_TOP || !area_range_free(&space->areas, end, wanted))
        return false;
    uint64_t more = (wanted - end) >> X86_PAGE_SHIFT;
    space->mapped_pages += more;
    if (area->flags & AREA_LOCKED)
        space->locked_pages += more;
    area->end = wanted;
    return true;
}

long address_space_remap(struct address_space *space, uint64_t old, uint64_t old_bytes, uint64_t new_bytes,
                         uint32_t flags, uint64_t wanted)
{
    struct remap remap = {old, (old_bytes + PAGE_MASK) & ~PAGE_MASK, (new_bytes + PAGE_MASK) & ~PAGE_MASK, wanted,
                          flags};
    bool placed = flags & (REMAP_FIXED | REMAP_KEEP);
    if ((old & PAGE_MASK) || remap.new_bytes == 0 || remap.new_bytes > USER_TOP)
        return -EINVAL;
    uint64_t end = old + (remap.old_bytes > remap.new_bytes ? remap.old_bytes : remap.new_bytes);
    if (end > USER_STACK_TOP && vdso_settle(space) < 0)
        return -ENOMEM;
    if (!area_find(&space->areas, old))
        return -EFAULT;
    int status = placed ? remap_make_room(space, &remap) : 0;
    if (status == 0 && remap.new_bytes < remap.old_bytes) {
        status = address_space_unmap(space, old + remap.new_bytes, remap.old_bytes - remap.new_bytes);
        remap.old_bytes = remap.new_bytes;
    }
    if (status < 0)
        return status;
    if (!placed && remap.new_bytes == remap.old_bytes)
        return (long)old;
    struct area *area = area_find(&space->areas, old); /* what was unmapped may have been beside it */
    status = remap_check(space, area, &remap);
    if (status < 0)
        return status;
    if (!placed && remap_grow(space, area, &remap))
        return (long)old;
    return flags & REMAP_MAY_MOVE ? remap_move(space, area, &remap) : -ENOMEM;
}

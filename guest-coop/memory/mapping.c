/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls that change areas: mmap, munmap, mprotect, madvise, brk (mremap: memory/remap.c). All
 * work on the running process's own space, which is loaded.
 */
#include "fs/file.h"
#include "kernel/errno.h"
#include "kernel/limits.h"
#include "kernel/vdso.h"
#include "memory/address_space.h"
#include "memory/frame.h"
#include "memory/heap.h"
#include "memory/layout.h"
#include "memory/page_table.h"
#include "memory/swap_area.h"

#define PAGE_MASK (X86_PAGE_BYTES - 1)

static uint64_t page_round_up(uint64_t bytes)
{
    return (bytes + PAGE_MASK) & ~PAGE_MASK;
}

/* Up to there, where the vDSO may be. Out of line, to keep the common way short. */
static __attribute__((noinline)) bool mapping_range_high(struct address_space *space, uint64_t end)
{
    return end <= USER_TOP && vdso_settle(space) == 0;
}

/* Is [start, start + bytes) a range of whole user pages? Rounds bytes up. */
static inline bool mapping_range(struct address_space *space, uint64_t start, uint64_t *bytes)
{
    if ((start & PAGE_MASK) || *bytes == 0 || *bytes > USER_TOP || start > USER_TOP - *bytes)
        return false;
    *bytes = page_round_up(*bytes);
    return start + *bytes <= USER_STACK_TOP || mapping_range_high(space, start + *bytes);
}

/* Removes the pages of [start, end), and the tables that serve nothing else. */
static void mapping_clear(struct address_space *space, uint64_t start, uint64_t end, uint64_t floor, uint64_t ceiling)
{
    struct page_gather gather;
    gather.count = 0;
    gather.pages = 0;
    gather.flush = true;
    pv_batch_begin();
    page_table_clear(space->root, start, end, floor, ceiling, &gather);
    page_gather_finish(&gather);
    pv_batch_end();
    space->resident_pages -= gather.pages + closed_page_drop(&space->closed, start, end);
    if (space->swapped)
        swap_map_drop(&space->swapped, start, end, swap_slot_release);
}

int address_space_unmap(struct address_space *space, uint64_t start, uint64_t bytes)
{
    if (!mapping_range(space, start, &bytes))
        return -EINVAL;
    uint64_t end = start + bytes;
    struct area *area = area_find_from(&space->areas, start);
    if (!area || area->start >= end)
        return 0;
    int status = area_split_at(&space->areas, start);
    if (status == 0)
        status = area_split_at(&space->areas, end);
    if (status < 0)
        return status;
    area = area_find_from(&space->areas, start);
    uint64_t floor = area->previous ? area->previous->end : 0;
    uint64_t first = area->start, last = first;
    while (area && area->start < end) {
        struct area *next = area->next;
        last = area->end;
        space->mapped_pages -= (area->end - area->start) >> X86_PAGE_SHIFT;
        if (area->flags & AREA_LOCKED)
            space->locked_pages -= (area->end - area->start) >> X86_PAGE_SHIFT;
        area_remove(&space->areas, area);
        area = next;
    }
    mapping_clear(space, first, last, floor, area ? area->start : space->vdso_touched ? VDSO_START : 1ul << 47);
    return 0;
}

long address_space_map(struct address_space *space, uint64_t address, uint64_t bytes, uint32_t protection,
                       uint32_t flags, bool fixed, struct file *file, uint64_t page_index)
{
    if (bytes == 0)
        return -EINVAL;
    if (bytes > USER_TOP)
        return -ENOMEM;
    bytes = page_round_up(bytes);
    if (fixed) {
        if ((address & PAGE_MASK) || address < X86_PAGE_BYTES)
            return -EINVAL;
        if (address > USER_TOP - bytes)
            return -ENOMEM;
        if (limits_tables && !address_space_may_replace(space, address, address + bytes, protection, flags))
            return -ENOMEM;
        int status = address_space_unmap(space, address, bytes);
        if (status < 0)
            return status;
    } else {
        if (limits_tables && !address_space_may_grow(space, bytes >> X86_PAGE_SHIFT, protection, flags))
            return -ENOMEM;
        address &= ~PAGE_MASK;
        if (address < USER_LOWEST || address > USER_STACK_TOP - bytes ||
            !area_range_free(&space->areas, address, address + bytes))
            address = area_find_gap(&space->areas, bytes, USER_LOWEST, USER_MAP_TOP);
        if (address == 0)
            return -ENOMEM;
    }
    struct area area = {.start = address,
                        .end = address + bytes,
                        .protection = protection,
                        .flags = flags,
                        .file = file,
                        .page_index = page_index};
    int status = address_space_add(space, &area);
    return status < 0 ? status : (long)address;
}

struct protect_context {
    struct address_space *space;
    uint32_t protection;
};

/* Brings one present entry in line with the new protection. Write access comes back by faults, one by one, since
 * the frame may be shared by then. */
static int mapping_protect_page(void *argument, uint64_t address, uint64_t *slot)
{
    const struct protect_context *context = argument;
    uint64_t entry = *slot;
    uint64_t changed = entry | (X86_PTE_NX & page_table_flags_mask);
    if (context->protection & AREA_EXEC)
        changed &= ~X86_PTE_NX;
    if (!(context->protection & AREA_WRITE))
        changed &= ~X86_PTE_W;
    if (!context->protection) {
        if (closed_page_keep(&context->space->closed, address, page_frame(entry)) < 0)
            return -ENOMEM;
        changed = 0;
    }
    if (changed != entry)
        page_set(slot, changed);
    return 0;
}

/* Makes the tables for the closed pages in [start, end), which a fork left out: 0 or -ENOMEM. */
static int mapping_open_tables(struct address_space *space, uint64_t start, uint64_t end)
{
    int status = 0;
    pv_batch_begin();
    for (const struct closed_page *page = space->closed; page && status == 0; page = page->next) {
        if (page->address < start || page->address >= end)
            continue;
        pv_batch_settle(); /* a table may have been made for the one before */
        if (!page_table_make(space->root, page->address))
            status = -ENOMEM;
    }
    pv_batch_end();
    return status;
}

/* Maps the closed pages of an area again that has permissions now. Their tables are there. */
static void mapping_open(struct address_space *space, const struct area *area)
{
    uint64_t flags = PAGE_USER | (area->protection & AREA_EXEC ? 0 : X86_PTE_NX);
    struct closed_page *page;
    while ((page = closed_page_take(&space->closed, area->start, area->end))) {
        page_set(page_table_find(space->root, page->address), page_entry(page->frame, flags));
        heap_free(page);
    }
}

static bool mapping_forbids(uint32_t flags, uint32_t protection)
{
    return (flags & AREA_NO_WRITE && protection & AREA_WRITE) || (flags & AREA_NO_EXEC && protection & AREA_EXEC);
}

/* Are there areas everywhere in [start, end), and can they get that protection? 0, -ENOMEM or -EACCES. */
static int mapping_check(struct address_space *space, uint64_t start, uint64_t end, uint32_t protection)
{
    for (struct area *area = area_find(&space->areas, start); area; area = area->next) {
        if (area->flags & (AREA_NO_WRITE | AREA_NO_EXEC) && mapping_forbids(area->flags, protection))
            return -EACCES;
        if (area->end >= end)
            return 0;
        if (!area->next || area->next->start != area->end)
            return -ENOMEM;
    }
    return -ENOMEM;
}

int address_space_protect(struct address_space *space, uint64_t start, uint64_t bytes, uint32_t protection)
{
    if (bytes == 0)
        return start & PAGE_MASK ? -EINVAL : 0;
    if (!mapping_range(space, start, &bytes))
        return -EINVAL;
    uint64_t end = start + bytes;
    int status = mapping_check(space, start, end, protection);
    if (status == 0 && limits_tables && protection & AREA_WRITE && !address_space_may_write(space, start, end))
        status = -ENOMEM;
    if (status == 0)
        status = area_split_at(&space->areas, start);
    if (status == 0)
        status = area_split_at(&space->areas, end);
    if (status == 0 && protection && space->closed)
        status = mapping_open_tables(space, start, end);
    if (status < 0)
        return status;
    struct protect_context context = {space, protection};
    struct area *area = area_find(&space->areas, start);
    pv_batch_begin();
    while (area) {
        uint64_t until = area->end;
        area->protection = protection;
        if (status == 0)
            status = page_table_visit(space->root, area->start, area->end, mapping_protect_page, &context);
        if (protection && space->closed)
            mapping_open(space, area);
        area_join(&space->areas, area); /* it, or the next one, may be gone */
        area = until < end ? area_find_from(&space->areas, until) : 0;
    }
    if (bytes == X86_PAGE_BYTES)
        pv.mmu.flush_page(start);
    else
        pv.mmu.flush_user();
    pv_batch_end();
    return status;
}

int address_space_discard(struct address_space *space, uint64_t start, uint64_t bytes)
{
    if (bytes == 0)
        return 0;
    if (!mapping_range(space, start, &bytes))
        return -EINVAL;
    uint64_t end = start + bytes;
    mapping_clear(space, start, end, end, start); /* floor above ceiling: the tables stay */
    return mapping_check(space, start, end, 0);
}

/* May the heap grow by that? Out of line, to keep the way of those without limits short. */
static __attribute__((noinline)) bool mapping_break_allowed(struct address_space *space, const struct area *area)
{
    uint64_t pages = (area->end - area->start) >> X86_PAGE_SHIFT;
    if (space->lock_next && address_space_may_lock(space, pages) < 0)
        return false;
    return address_space_may_grow(space, pages, area->protection, area->flags);
}

uint64_t address_space_break(struct address_space *space, uint64_t wanted)
{
    if (wanted < space->break_start || wanted > USER_MAP_TOP)
        return space->break_end;
    uint64_t old_end = page_round_up(space->break_end), new_end = page_round_up(wanted);
    if (new_end < old_end) {
        if (address_space_unmap(space, new_end, old_end - new_end) < 0)
            return space->break_end;
    } else if (new_end > old_end) {
        struct area area = {.start = old_end,
                            .end = new_end,
                            .protection = AREA_READ | AREA_WRITE,
                            .flags = AREA_HEAP | space->lock_next};
        if ((limits_tables | space->lock_next) && !mapping_break_allowed(space, &area))
            return space->break_end;
        if (!area_range_free(&space->areas, old_end, new_end) || address_space_add(space, &area) < 0)
            return space->break_end;
    }
    space->break_end = wanted;
    return wanted;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Birth, copy and death of address spaces. Fork shares every frame: writable private pages become
 * read-only in both spaces and are told apart by their frames' references when written.
 */
#include "memory/address_space.h"
#include "memory/frame.h"
#include "memory/heap.h"
#include "memory/layout.h"
#include "memory/page_table.h"
#include "memory/swap.h"
#include "memory/swap_area.h"
#include "kernel/errno.h"
#include "kernel/vdso.h"
#include <coopvirt/string.h>

struct address_space *address_space_create(void)
{
    struct address_space *space = heap_allocate(sizeof(*space));
    if (!space)
        return 0;
    space->references = 1;
    space->root = page_table_root_create();
    if (space->root)
        return space;
    heap_free(space);
    return 0;
}

void address_space_reference(struct address_space *space)
{
    __atomic_fetch_add(&space->references, 1, __ATOMIC_RELAXED);
}

int address_space_add(struct address_space *space, const struct area *area)
{
    int status = area_insert(&space->areas, area);
    if (status < 0)
        return status;
    space->mapped_pages += (area->end - area->start) >> X86_PAGE_SHIFT;
    if (area->flags & AREA_LOCKED)
        space->locked_pages += (area->end - area->start) >> X86_PAGE_SHIFT;
    return 0;
}

void address_space_clear(struct address_space *space)
{
    if (__atomic_load_n(&space->references, __ATOMIC_ACQUIRE) != 1 || !space->root)
        return;
    struct page_gather gather;
    gather.count = 0;
    gather.flush = false;
    pv_batch_begin();
    uint64_t top = space->vdso_touched ? VDSO_START : 1ul << 47;
    for (const struct area *area = space->areas.first; area; area = area->next) {
        /* Everything below is gone already; tables shared with the next area go with that. */
        uint64_t ceiling = area->next ? area->next->start : top;
        page_table_clear(space->root, area->start, area->end, 0, ceiling, &gather);
    }
    if (space->vdso_touched)
        vdso_clear(space, &gather);
    page_gather_finish(&gather);
    closed_page_drop(&space->closed, 0, USER_TOP);
    if (space->swapped)
        swap_map_drop(&space->swapped, 0, USER_TOP, swap_slot_release);
    page_table_root_destroy(space->root);
    space->root = 0;
    pv_batch_end();
}

void address_space_release(struct address_space *space)
{
    address_space_clear(space);
    if (__atomic_sub_fetch(&space->references, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    while (space->areas.first)
        area_remove(&space->areas, space->areas.first);
    heap_free(space);
}

struct clone_context {
    struct page_table_path path; /* in the child */
    uint64_t *table;             /* its last-level table of the page copied last */
    uint64_t table_base;         /* the first address in it */
    uint64_t pages;
    uint64_t unshare; /* X86_PTE_W, or 0 for shared areas */
};

/* Copies one present entry of the parent to the child. */
static int address_space_clone_page(void *argument, uint64_t address, uint64_t *slot)
{
    struct clone_context *context = argument;
    uint64_t base = address & ~(X86_PAGE_2M - 1);
    if (!context->table || context->table_base != base) {
        context->table = page_table_path_make(&context->path, base);
        context->table_base = base;
        if (!context->table)
            return -ENOMEM;
    }
    uint64_t entry = *slot;
    if (entry & context->unshare) {
        entry &= ~X86_PTE_W;
        page_set(slot, entry);
    }
    frame_reference(page_frame(entry));
    page_set(&context->table[(address - base) >> X86_PAGE_SHIFT], entry);
    context->pages++;
    return 0;
}

/* An area that fork leaves out, or that the child has empty. */
static __attribute__((noinline)) int address_space_clone_advised(struct address_space *child, const struct area *area)
{
    if (!(area->flags & AREA_NO_FORK))
        return area_insert(&child->areas, area);
    child->mapped_pages -= (area->end - area->start) >> X86_PAGE_SHIFT;
    return 0;
}

/* Takes away what else the child was given of such areas. */
static __attribute__((noinline)) void address_space_clone_forget(struct address_space *child,
                                                                 const struct address_space *parent)
{
    for (const struct area *area = parent->areas.first; area; area = area->next) {
        if (!(area->flags & (AREA_NO_FORK | AREA_WIPE_FORK)))
            continue;
        child->resident_pages -= closed_page_drop(&child->closed, area->start, area->end);
        if (child->swapped)
            swap_map_drop(&child->swapped, area->start, area->end, swap_slot_release);
    }
}

static int address_space_clone_areas(struct address_space *child, struct address_space *parent)
{
    struct clone_context context;
    page_table_path_start(&context.path, child->root);
    context.table = 0;
    context.pages = 0;
    uint32_t advised = 0;
    int status;
    for (struct area *area = parent->areas.first; area; area = area->next) {
        if (area->flags & (AREA_NO_FORK | AREA_WIPE_FORK)) {
            advised = area->flags;
            status = address_space_clone_advised(child, area);
            if (status < 0)
                return status;
            continue;
        }
        status = area_insert(&child->areas, area);
        if (status < 0)
            return status;
        context.unshare = area->flags & AREA_SHARED ? 0 : X86_PTE_W;
        status = page_table_visit(parent->root, area->start, area->end, address_space_clone_page, &context);
        if (status < 0)
            return status;
    }
    if (parent->locked_pages) {
        child->locked_pages = parent->locked_pages;
        address_space_lock_all(child, false);
        child->locked_pages = 0; /* those of areas that it does not have */
    }
    long closed = closed_page_clone(&child->closed, parent->closed);
    if (closed < 0)
        return (int)closed;
    child->resident_pages = context.pages + (uint64_t)closed;
    status = parent->swapped ? swap_map_clone(&child->swapped, parent->swapped, swap_slot_reference) : 0;
    if (advised)
        address_space_clone_forget(child, parent);
    return status;
}

static struct address_space *address_space_clone_batch(struct address_space *space)
{
    struct address_space *child = address_space_create();
    if (!child)
        return 0;
    child->break_start = space->break_start;
    child->break_end = space->break_end;
    child->arguments_start = space->arguments_start;
    child->arguments_end = space->arguments_end;
    child->mapped_pages = space->mapped_pages;
    child->undumpable = space->undumpable;
    child->has_vdso = space->has_vdso;
    int status = address_space_clone_areas(child, space);
    pv.mmu.flush_user(); /* the parent's writable translations */
    if (status == 0)
        return child;
    pv_batch_settle();
    address_space_release(child);
    return 0;
}

struct address_space *address_space_clone(struct address_space *space)
{
    pv_batch_begin();
    struct address_space *child = address_space_clone_batch(space);
    pv_batch_end();
    return child;
}

/* Copies from a page that is swapped out. False: it is not. */
static bool address_space_peek_swapped(struct address_space *space, uint64_t address, void *to, uint64_t bytes)
{
    coop_paddr frame;
    uint64_t page = address & ~(X86_PAGE_BYTES - 1);
    uint32_t slot = swap_map_get(space->swapped, page);
    if (!slot || swap_fetch(space, page, slot, &frame) < 0)
        return false;
    memcpy(to, (uint8_t *)frame_address(frame) + (address - page), bytes);
    frame_release(frame);
    return true;
}

uint64_t address_space_peek(struct address_space *space, uint64_t address, void *to, uint64_t bytes)
{
    uint64_t done = 0;
    while (done < bytes) {
        uint64_t offset = (address + done) & (X86_PAGE_BYTES - 1);
        uint64_t part = X86_PAGE_BYTES - offset;
        if (part > bytes - done)
            part = bytes - done;
        uint64_t *slot = address + done < USER_TOP ? page_table_find(space->root, address + done) : 0;
        if (slot && page_present(*slot))
            memcpy((uint8_t *)to + done, (uint8_t *)frame_address(page_frame(*slot)) + offset, part);
        else if (!address_space_peek_swapped(space, address + done, (uint8_t *)to + done, part))
            break;
        done += part;
    }
    return done;
}

void address_space_poke(struct address_space *space, uint64_t address, const void *from, uint64_t bytes)
{
    uint64_t offset = address & (X86_PAGE_BYTES - 1);
    if (address >= USER_TOP || offset + bytes > X86_PAGE_BYTES)
        return;
    uint64_t *slot;
    do {
        if (address_space_fault(space, address, X86_PF_WRITE | X86_PF_USER, address) != FAULT_RESOLVED)
            return;
        slot = page_table_find(space->root, address);
    } while (!slot || !page_present(*slot) || !(*slot & X86_PTE_W));
    memcpy((uint8_t *)frame_address(page_frame(*slot)) + offset, from, bytes);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page faults of user addresses: demand-zero, file pages, copy on write, stack growth. The area decides; the page
 * table is brought in line with it.
 */
#include "fs/file.h"
#include "kernel/errno.h"
#include "kernel/limits.h"
#include "kernel/process_private.h"
#include "kernel/vdso.h"
#include "memory/address_space.h"
#include "memory/frame.h"
#include "memory/layout.h"
#include "memory/page_table.h"
#include "memory/swap.h"
#include "memory/swap_area.h"
#include <coopvirt/primitives.h>

#define FAULT_PAGES_MOST 16u

#define STACK_SLACK 65536 /* below the stack pointer an access still counts as the stack's */

static uint64_t fault_pages = 1; /* of a file that a fault maps at most */

bool address_space_fault_around(uint64_t pages)
{
    if (!pages || pages > FAULT_PAGES_MOST || pages & (pages - 1))
        return false;
    fault_pages = pages;
    return true;
}

static uint64_t fault_flags(const struct area *area, bool writable)
{
    uint64_t flags = PAGE_USER;
    if (writable)
        flags |= X86_PTE_W;
    if (!(area->protection & AREA_EXEC))
        flags |= X86_PTE_NX;
    return flags;
}

static bool fault_allowed(const struct area *area, uint64_t error)
{
    if (error & X86_PF_WRITE)
        return area->protection & AREA_WRITE;
    if (error & X86_PF_INSTRUCTION)
        return area->protection & AREA_EXEC;
    return area->protection & (AREA_READ | AREA_WRITE | AREA_EXEC);
}

/* Extends a stack area down to the address, within its limit and away from its neighbour. */
static struct area *fault_grow_stack(struct address_space *space, uint64_t address, uint64_t stack_pointer)
{
    struct area *area = area_find_from(&space->areas, address);
    if (!area || !(area->flags & AREA_STACK) || address + STACK_SLACK < stack_pointer)
        return 0;
    uint64_t start = address & ~(X86_PAGE_BYTES - 1);
    uint64_t lowest = area->previous ? area->previous->end + X86_PAGE_BYTES : USER_LOWEST;
    if (start < lowest || area->end - start > limits_of(process_current(), LIMIT_STACK)->soft)
        return 0;
    uint64_t pages = (area->start - start) >> X86_PAGE_SHIFT;
    if (limits_tables && !address_space_may_grow(space, pages, area->protection, area->flags))
        return 0;
    if (area->flags & AREA_LOCKED) {
        if (address_space_may_lock(space, pages) < 0)
            return 0;
        space->locked_pages += pages;
    }
    space->mapped_pages += pages;
    area->start = start;
    return area;
}

/* Frames are short: when some have been made free, the access is tried again. */
static __attribute__((noinline)) enum fault_result fault_short(void)
{
    return swap_make_room() ? FAULT_RESOLVED : FAULT_OUT_OF_MEMORY;
}

/* Maps a frame where nothing is. `slot` may be known already, or NULL. Takes over the reference to the frame. */
static enum fault_result fault_map(struct address_space *space, uint64_t address, uint64_t *slot, coop_paddr frame,
                                   uint64_t flags)
{
    pv_batch_begin();
    if (!slot)
        slot = page_table_make(space->root, address);
    if (slot)
        page_set(slot, page_entry(frame, flags));
    pv_batch_end();
    if (slot) {
        space->resident_pages++;
        return FAULT_RESOLVED;
    }
    frame_release(frame);
    return FAULT_OUT_OF_MEMORY;
}

static enum fault_result fault_anonymous(struct address_space *space, struct area *area, uint64_t address,
                                         uint64_t *slot)
{
    uint64_t flags = fault_flags(area, area->protection & AREA_WRITE);
    coop_paddr frame = frame_allocate_user();
    if (!frame)
        return fault_short();
    page_clear(frame_address(frame));
    return fault_map(space, address, slot, frame, flags);
}

/* Gives the running process its own copy of a frame and drops its reference to the original. 0: there is no memory, and
 * the reference stays. */
static coop_paddr fault_copy(coop_paddr original)
{
    coop_paddr copy = frame_allocate_user();
    if (!copy)
        return 0;
    page_copy(frame_address(copy), frame_address(original));
    frame_release(original);
    return copy;
}

/* Is the page of an address the space's own, but swapped out? */
static bool fault_is_away(const struct address_space *space, uint64_t address)
{
    return space->swapped && swap_map_get(space->swapped, address);
}

/* Is the address no longer a mapping of this page, or has its page come meanwhile, and perhaps gone again? */
static bool fault_overtaken(struct address_space *space, uint64_t address, uint64_t index, const struct file *file,
                            uint32_t protection)
{
    const struct area *area = area_find(&space->areas, address);
    if (!area || area->file != file || area->protection != protection)
        return true;
    const uint64_t *slot = page_table_find(space->root, address);
    return area->page_index + ((address - area->start) >> X86_PAGE_SHIFT) != index || (slot && page_present(*slot)) ||
           fault_is_away(space, address);
}

/* Maps pages of the file beside one that was read, as far as they are in memory, their table is there, and they lie in
 * the same aligned window. */
static void fault_around(struct address_space *space, const struct area *area, uint64_t address, uint64_t *slot,
                         uint64_t flags)
{
    uint64_t bytes = fault_pages * X86_PAGE_BYTES, here = address & ~(X86_PAGE_BYTES - 1);
    uint64_t at = here & ~(bytes - 1), end = at + bytes;
    if (at < area->start)
        at = area->start;
    if (end > area->end)
        end = area->end;
    for (; at < end; at += X86_PAGE_BYTES) {
        uint64_t *beside = slot + ((int64_t)(at - here) >> X86_PAGE_SHIFT);
        if (at == here || page_present(*beside) || fault_is_away(space, at))
            continue;
        coop_paddr frame =
            area->file->operations->page_at_hand(area->file, area->page_index + ((at - area->start) >> X86_PAGE_SHIFT));
        if (!frame)
            continue;
        page_set(beside, page_entry(frame, flags));
        space->resident_pages++;
    }
}

/* A page that is read, of a file whose pages are at hand, and those beside it. */
static enum fault_result fault_map_file(struct address_space *space, const struct area *area, uint64_t address,
                                        uint64_t *slot, coop_paddr frame, uint64_t flags)
{
    pv_batch_begin();
    if (!slot)
        slot = page_table_make(space->root, address);
    enum fault_result result = slot ? fault_map(space, address, slot, frame, flags) : FAULT_OUT_OF_MEMORY;
    if (slot)
        fault_around(space, area, address, slot, flags);
    else
        frame_release(frame);
    pv_batch_end();
    return result;
}

static enum fault_result fault_file(struct address_space *space, struct area *area, uint64_t address, uint64_t *slot,
                                    uint64_t error)
{
    struct file *file = area->file;
    if (!file->operations->page)
        return FAULT_BEYOND_FILE;
    uint64_t index = area->page_index + ((address - area->start) >> X86_PAGE_SHIFT);
    uint32_t flags = area->flags, protection = area->protection;
    coop_paddr frame;
    if (space->references == 1) {
        frame = file->operations->page(file, index);
    } else {
        /* It may sleep, and another thread change what is mapped here: then the access is tried again. */
        file_reference(file);
        frame = file->operations->page(file, index);
        bool overtaken = fault_overtaken(space, address, index, file, protection);
        file_release(file);
        if (overtaken && frame)
            frame_release(frame);
        if (overtaken)
            return FAULT_RESOLVED;
        slot = 0; /* the table may be another one by now */
    }
    if (!frame)
        return FAULT_BEYOND_FILE;
    bool writable = protection & AREA_WRITE;
    if (!(flags & AREA_SHARED)) {
        writable = writable && (error & X86_PF_WRITE);
        coop_paddr own = writable ? fault_copy(frame) : frame;
        if (!own) {
            frame_release(frame);
            return fault_short();
        }
        frame = own;
    }
    uint64_t entry_flags = fault_flags(area, writable);
    if (fault_pages > 1 && file->operations->page_at_hand && !(error & X86_PF_WRITE) && space->references == 1)
        return fault_map_file(space, area, address, slot, frame, entry_flags);
    return fault_map(space, address, slot, frame, entry_flags);
}

static void fault_replace(uint64_t address, uint64_t *slot, uint64_t entry)
{
    pv_batch_begin();
    page_set(slot, entry);
    pv.mmu.flush_page(address);
    pv_batch_end();
}

/* A write to a present read-only page of a writable area. */
static enum fault_result fault_write(struct area *area, uint64_t address, uint64_t *slot)
{
    coop_paddr frame = page_frame(*slot);
    if (!(area->flags & AREA_SHARED) && frame_references(frame) > 1) {
        frame = fault_copy(frame);
        if (!frame)
            return fault_short();
    }
    fault_replace(address, slot, page_entry(frame, fault_flags(area, true)));
    return FAULT_RESOLVED;
}

int address_space_bring_in(struct address_space *space, uint64_t address, uint32_t slot)
{
    coop_paddr frame;
    address &= ~(X86_PAGE_BYTES - 1);
    int status = swap_fetch(space, address, slot, &frame);
    if (status < 0)
        return status;
    const struct area *area = area_find(&space->areas, address);
    if (!area) { /* it is being unmapped */
        frame_release(frame);
        return -EAGAIN;
    }
    if (!area->protection) {
        status = closed_page_keep(&space->closed, address, frame);
        if (status < 0)
            frame_release(frame);
        else
            space->resident_pages++;
    } else {
        /* A frame that is still being written is another's too. */
        bool writable = area->protection & AREA_WRITE && frame_references(frame) == 1;
        status = fault_map(space, address, 0, frame, fault_flags(area, writable)) == FAULT_RESOLVED ? 0 : -ENOMEM;
    }
    if (status == 0)
        swap_forget(space, address);
    return status;
}

/* A page that is swapped out comes back. */
static __attribute__((noinline)) enum fault_result fault_swapped(struct address_space *space, uint64_t address,
                                                                 uint32_t place)
{
    process_current()->private->faults_major++;
    int status = address_space_bring_in(space, address, place);
    if (status == -ENOMEM)
        return fault_short();
    return status == 0 || status == -EAGAIN ? FAULT_RESOLVED : FAULT_BEYOND_FILE;
}

enum fault_result address_space_fault(struct address_space *space, uint64_t address, uint64_t error,
                                      uint64_t stack_pointer)
{
    if (address >= USER_TOP)
        return FAULT_UNMAPPED;
    struct area *area = area_find(&space->areas, address);
    if (!area)
        area = fault_grow_stack(space, address, stack_pointer);
    if (!area)
        return vdso_fault(space, address, error);
    if (!fault_allowed(area, error))
        return FAULT_REFUSED;
    uint64_t *slot = page_table_find(space->root, address);
    if (!slot || !page_present(*slot)) {
        uint32_t place = space->swapped ? swap_map_get(space->swapped, address) : 0;
        if (place)
            return fault_swapped(space, address, place);
        return area->file ? fault_file(space, area, address, slot, error) : fault_anonymous(space, area, address, slot);
    }
    if ((error & X86_PF_WRITE) && !(*slot & X86_PTE_W))
        return fault_write(area, address, slot);
    pv.mmu.flush_page(address); /* another translation of it was cached: the entry allows the access */
    return FAULT_RESOLVED;
}

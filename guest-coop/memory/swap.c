/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way back: one page for who touches it, or all of an area at its end. While a page is read anything may happen to
 * the space it belongs to, so its place is looked at again.
 */
#include "memory/swap.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/process_private.h"
#include "kernel/wait.h"
#include "memory/frame.h"
#include "memory/layout.h"
#include "memory/swap_area.h"

#define SWAP_PAUSE_NS 10000000ull /* for pages that are being read, written or unmapped */

int swap_fetch(struct address_space *space, uint64_t address, uint32_t slot, coop_paddr *frame)
{
    *frame = swap_slot_frame(slot);
    if (*frame)
        return 0;
    *frame = frame_allocate_user();
    if (!*frame)
        return -ENOMEM;
    swap_slot_reference(slot);
    int status = swap_slot_read(slot, *frame);
    swap_slot_release(slot);
    if (status == 0 && swap_map_get(space->swapped, address) != slot)
        status = -EAGAIN;
    if (status < 0)
        frame_release(*frame);
    return status;
}

void swap_forget(struct address_space *space, uint64_t address)
{
    swap_slot_release(swap_map_take(&space->swapped, address));
}

/* Lets others go on: 0 or -EINTR. */
static int swap_pause(void)
{
    struct wait_queue pause = WAIT_QUEUE_INITIALISER;
    int status = wait_queue_sleep(&pause, clock_monotonic_ns() + SWAP_PAUSE_NS);
    return status < 0 && status != -ETIMEDOUT ? -EINTR : 0;
}

/* Brings back what a space has in the area: 0 or -errno. */
static int swap_empty_space(struct address_space *space, const struct swap_area *area)
{
    uint64_t address;
    uint32_t slot;
    int status = 0;
    while (status == 0 && (slot = swap_map_find(space->swapped, swap_area_low(area), swap_area_high(area), &address))) {
        status = process_signal_pending() ? -EINTR : address_space_bring_in(space, address, slot);
        if (status == -ENOMEM && swap_make_room())
            status = 0;
        else if (status == -EAGAIN)
            status = swap_pause();
    }
    return status;
}

struct swap_search {
    const struct swap_area *area;
    struct address_space *found;
};

static bool swap_search_visit(struct process *process, void *context)
{
    struct swap_search *search = context;
    struct address_space *space = swap_space_of(process);
    uint64_t address;
    if (space && swap_map_find(space->swapped, swap_area_low(search->area), swap_area_high(search->area), &address))
        search->found = space;
    return search->found != 0;
}

int swap_empty(struct swap_area *area)
{
    int status = 0;
    while (area->used && status == 0) {
        struct swap_search search = {area, 0};
        process_visit(swap_search_visit, &search);
        if (!search.found) {
            status = swap_pause();
            continue;
        }
        address_space_reference(search.found);
        status = swap_empty_space(search.found, area);
        address_space_release(search.found);
    }
    return status;
}

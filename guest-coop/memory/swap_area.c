/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The areas, by priority and among equals in turn, their slots, and the way to the disk.
 */
#include "memory/swap_area.h"
#include "kernel/errno.h"
#include "kernel/log.h"
#include "memory/frame.h"
#include "memory/heap.h"
#include "memory/swap_device.h"

#define SWAP_SLOT_BAD UINT32_MAX
#define SWAP_PAGE     ((1u << SWAP_AREA_SHIFT) - 1)

struct swap_area swap_areas[SWAP_AREAS];
static int swap_priority_least = SWAP_PRIORITY_UNSAID; /* of the areas that came without one */
static unsigned swap_area_latest;                      /* used last */

static struct swap_area *swap_area_of(uint32_t slot)
{
    return &swap_areas[slot >> SWAP_AREA_SHIFT];
}

static struct swap_slot *swap_slot_of(uint32_t slot)
{
    return &swap_area_of(slot)->slots[slot & SWAP_PAGE];
}

uint32_t swap_area_low(const struct swap_area *area)
{
    return (uint32_t)(area - swap_areas) << SWAP_AREA_SHIFT;
}

uint32_t swap_area_high(const struct swap_area *area)
{
    return swap_area_low(area) + area->pages;
}

int swap_area_add(const struct swap_area *given, const uint32_t *bad, uint32_t bad_count, int priority)
{
    struct swap_area *area = swap_areas;
    while (area < swap_areas + SWAP_AREAS && area->file)
        area++;
    if (area == swap_areas + SWAP_AREAS)
        return -EBUSY;
    struct swap_slot *slots = heap_allocate(given->pages * sizeof(*slots));
    if (!slots)
        return -ENOMEM;
    uint32_t good = given->pages - 1;
    for (uint32_t i = 0; i < bad_count; i++) {
        good -= slots[bad[i]].users != SWAP_SLOT_BAD;
        slots[bad[i]].users = SWAP_SLOT_BAD;
    }
    slots[0].users = SWAP_SLOT_BAD;
    if (good == 0) {
        heap_free(slots);
        return -EINVAL;
    }
    *area = *given;
    area->slots = slots;
    area->good = good;
    area->priority = priority == SWAP_PRIORITY_UNSAID ? --swap_priority_least : priority;
    area->next = 1;
    return 0;
}

void swap_area_remove(struct swap_area *area)
{
    heap_free(area->slots);
    *area = (struct swap_area){0};
}

uint64_t swap_area_total(void)
{
    uint64_t pages = 0;
    for (const struct swap_area *area = swap_areas; area < swap_areas + SWAP_AREAS; area++)
        pages += area->is_closing ? 0 : area->good;
    return pages;
}

uint64_t swap_area_free(void)
{
    uint64_t pages = 0;
    for (const struct swap_area *area = swap_areas; area < swap_areas + SWAP_AREAS; area++)
        pages += area->is_closing || area->is_broken ? 0 : area->good - area->used;
    return pages;
}

/* The area with room that has the highest priority; NULL: there is none. Among equals each has its turn for a batch, so
 * that pages which are written together stand together. */
static struct swap_area *swap_area_choose(void)
{
    struct swap_area *best = 0;
    unsigned first = swap_area_latest + (swap_areas[swap_area_latest].next % SWAP_BATCH == 0);
    for (unsigned i = 0; i < SWAP_AREAS; i++) {
        struct swap_area *area = &swap_areas[(first + i) % SWAP_AREAS];
        if (!area->file || area->is_closing || area->is_broken || area->used == area->good)
            continue;
        if (!best || area->priority > best->priority)
            best = area;
    }
    return best;
}

uint32_t swap_slot_take(coop_paddr frame)
{
    struct swap_area *area = swap_area_choose();
    if (!area)
        return 0;
    swap_area_latest = (unsigned)(area - swap_areas);
    while (area->slots[area->next].users)
        area->next = area->next + 1 < area->pages ? area->next + 1 : 1;
    uint32_t slot = swap_area_low(area) + area->next;
    area->slots[area->next] = (struct swap_slot){2, (uint32_t)(frame / FRAME_BYTES)};
    area->next = area->next + 1 < area->pages ? area->next + 1 : 1;
    area->used++;
    return slot;
}

void swap_slot_reference(uint32_t slot)
{
    swap_slot_of(slot)->users++;
}

/* The frame that hangs on a slot goes. */
static void swap_slot_unhang(struct swap_slot *slot)
{
    if (slot->frame)
        frame_release((coop_paddr)slot->frame * FRAME_BYTES);
    slot->frame = 0;
}

void swap_slot_release(uint32_t number)
{
    struct swap_slot *slot = swap_slot_of(number);
    if (--slot->users)
        return;
    swap_slot_unhang(slot);
    swap_area_of(number)->used--;
}

coop_paddr swap_slot_frame(uint32_t slot)
{
    coop_paddr frame = (coop_paddr)swap_slot_of(slot)->frame * FRAME_BYTES;
    if (frame)
        frame_reference(frame);
    return frame;
}

/* Moves `count` slots of one area: 0 or -errno. */
static int swap_slots_move(const uint32_t *slots, const coop_paddr *frames, unsigned count, bool writing)
{
    uint32_t pages[SWAP_BATCH];
    for (unsigned i = 0; i < count; i++)
        pages[i] = slots[i] & SWAP_PAGE;
    return swap_device_move(swap_area_of(*slots)->device, writing, pages, frames, count);
}

int swap_slot_read(uint32_t slot, coop_paddr frame)
{
    int status = swap_slots_move(&slot, &frame, 1, false);
    if (status)
        log_line(LOG_ERROR, "swap: page %u of area %u cannot be read", slot & SWAP_PAGE, slot >> SWAP_AREA_SHIFT);
    return status ? -EIO : 0;
}

static void swap_slots_write_area(const uint32_t *slots, unsigned count)
{
    struct swap_area *area = swap_area_of(*slots);
    coop_paddr frames[SWAP_BATCH];
    for (unsigned i = 0; i < count; i++)
        frames[i] = (coop_paddr)swap_slot_of(slots[i])->frame * FRAME_BYTES;
    int status = swap_slots_move(slots, frames, count, true);
    if (status && !area->is_broken)
        log_line(LOG_ERROR, "swap: area %u cannot be written any more", *slots >> SWAP_AREA_SHIFT);
    area->is_broken = area->is_broken || status;
    for (unsigned i = 0; i < count; i++) {
        if (!status)
            swap_slot_unhang(swap_slot_of(slots[i]));
        swap_slot_release(slots[i]);
    }
}

void swap_slots_write(const uint32_t *slots, unsigned count)
{
    for (unsigned i = 0; i < count;) {
        unsigned end = i + 1;
        while (end < count && swap_area_of(slots[end]) == swap_area_of(slots[i]))
            end++;
        swap_slots_write_area(&slots[i], end - i);
        i = end;
    }
}

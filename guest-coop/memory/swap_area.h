/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Swap areas: the disks that pages of processes are written to. An area is an array of slots, one a
 * page. A slot counts who needs it: each space whose map names it (a fork has two of them), who writes and who reads
 * it. While it is written, and for ever when that failed, the page's frame hangs on it: who wants the page back takes
 * that.
 */
#ifndef MEMORY_SWAP_AREA_H
#define MEMORY_SWAP_AREA_H

#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stdint.h>

#define SWAP_AREAS           8u
#define SWAP_AREA_SHIFT      28u /* a slot's number: the area's, and the page's in it, which is not 0 */
#define SWAP_PRIORITY_UNSAID (-1)
#define SWAP_BATCH           32u /* slots that are written at once */

struct block_device;
struct file;

struct swap_slot {
    uint32_t users; /* SWAP_SLOT_BAD: no page */
    uint32_t frame; /* its number, or 0 */
};

struct swap_area {
    struct file *file; /* one reference; NULL: no area */
    struct block_device *device;
    struct swap_slot *slots;
    uint32_t pages;      /* with the header */
    uint32_t good, used; /* slots there are, and those taken */
    uint32_t next;       /* where the search for a free one begins */
    int priority;
    bool is_closing, is_broken; /* nothing more goes to it */
};

extern struct swap_area swap_areas[SWAP_AREAS];

/* Adds an area whose members up to `pages` are set, and takes it over: 0, -EBUSY (no more can be), -ENOMEM. `bad` are
 * pages that are not to be used. */
int swap_area_add(const struct swap_area *area, const uint32_t *bad, uint32_t bad_count, int priority);

/* Ends an area without used slots; its file is the caller's. */
void swap_area_remove(struct swap_area *area);

/* Pages that areas have, and that are free. */
uint64_t swap_area_total(void);
uint64_t swap_area_free(void);

/* Slots of an area, from and up to. */
uint32_t swap_area_low(const struct swap_area *area);
uint32_t swap_area_high(const struct swap_area *area);

/* A slot of the best area for the page in `frame`, whose reference it takes over, with two users: its space, and the
 * caller, who writes it. 0: all are taken. */
uint32_t swap_slot_take(coop_paddr frame);

void swap_slot_reference(uint32_t slot);
void swap_slot_release(uint32_t slot);

/* The frame that hangs on a slot, one reference added, or 0. */
coop_paddr swap_slot_frame(uint32_t slot);

/* Reads a slot that the caller uses: 0 or -EIO. Sleeps. */
int swap_slot_read(uint32_t slot, coop_paddr frame);

/* Writes the frames that hang on slots, at most SWAP_BATCH; those written hang there no longer. The caller's use of the
 * slots ends. Sleeps. */
void swap_slots_write(const uint32_t *slots, unsigned count);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's physical memory: runs of 4 KiB frames, fed by the boot loader's memory map, each frame
 * with an owner. No size is fixed: the frame table is cut from memory itself. Pure but for the
 * direct map, so that host tests run it on fake memory.
 */
#ifndef MACHINE_FRAME_H
#define MACHINE_FRAME_H

#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who a frame belongs to: nobody, the hypervisor, or VM number (owner - FRAME_OWNER_VM_FIRST). */
typedef uint16_t frame_owner;
#define FRAME_OWNER_NOBODY     0u /* free */
#define FRAME_OWNER_RESERVED   1u /* firmware, holes, the frame table itself */
#define FRAME_OWNER_HYPERVISOR 2u
#define FRAME_OWNER_VM_FIRST   16u

/* The address that stands for no frame. */
#define FRAME_NONE UINT64_MAX

/* `count` contiguous frames whose address is a multiple of `alignment_bytes` (a power of two, at least 4096); content
 * undefined. FRAME_NONE when there is no such run. Any CPU. */
coop_paddr frame_allocate(size_t count, uint64_t alignment_bytes, frame_owner owner);

/* The frame at an address, if it is free; content undefined. */
bool frame_allocate_at(coop_paddr address, frame_owner owner);

/* One zeroed frame, or FRAME_NONE. */
coop_paddr frame_allocate_zeroed(frame_owner owner);

/* The same at an address from `start` on, if there is one; otherwise anywhere. */
coop_paddr frame_allocate_behind(coop_paddr start, frame_owner owner);

/* Gives frames back; the owner must be the one that got them (a mismatch is our own bug: panic). */
void frame_free(coop_paddr first, size_t count, frame_owner owner);

/* The same for one of several that were asked for, when not all were there: nothing for FRAME_NONE. */
static inline void frame_free_if_any(coop_paddr first, size_t count, frame_owner owner)
{
    if (first != FRAME_NONE)
        frame_free(first, count, owner);
}

/* The owner of the frame at an address; FRAME_OWNER_RESERVED for addresses that are not RAM. */
frame_owner frame_owner_of(coop_paddr address);

/* Frames that an owner holds now: tests compare it before and after. */
size_t frame_count_of(frame_owner owner);

/* The hypervisor's own mapping of all physical memory below the top of RAM (and of the first 4 GiB). */
extern uint8_t *frame_direct_map; /* constant after start */

static inline void *frame_address(coop_paddr address)
{
    return frame_direct_map + address;
}

/* The inverse, for addresses that frame_address gave. */
static inline coop_paddr frame_of_address(const void *address)
{
    return (coop_paddr)((const uint8_t *)address - frame_direct_map);
}

#endif

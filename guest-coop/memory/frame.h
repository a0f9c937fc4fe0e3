/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Physical page frames: a reference-counted allocator over the machine's memory extents. A frame
 * is named by its address (struct-free: coop_paddr), reached through the direct map.
 */
#ifndef MEMORY_FRAME_H
#define MEMORY_FRAME_H

#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_BYTES 4096ul

/* One frame with one reference, content undefined; 0 when memory is exhausted. */
coop_paddr frame_allocate(void);

/* The same for what can do with less (pages of processes): without the reserve. */
coop_paddr frame_allocate_user(void);

/* frame_allocate, zeroed by the shared page-clear primitive. */
coop_paddr frame_allocate_zeroed(void);

/* One more reference to a frame in use. */
void frame_reference(coop_paddr frame);

/* One reference less; the last one frees the frame. */
void frame_release(coop_paddr frame);

/* The references to a frame: 1 means that the caller holds the only one. */
uint32_t frame_references(coop_paddr frame);

/* The kernel's own mapping of a frame. */
void *frame_address(coop_paddr frame);

/* The other way: of an address in that mapping. */
coop_paddr frame_of(const void *address);

/*
 * A reserve: frames that only frame_allocate gives out, when there are no others. It is filled now, as far as there are
 * free frames, and by each frame_reserve_fill (true: it is full). `used` is told of each use, in any context.
 */
void frame_reserve_keep(size_t count, void (*used)(void));
bool frame_reserve_fill(void);

/* Frees of the reserve all but `left` frames, until it is filled again. False: it had no more. */
bool frame_reserve_lend(size_t left);

/* Free frames beside the reserve. */
size_t frame_user_count(void);

size_t frame_free_count(void); /* all */
size_t frame_total_count(void);

#endif

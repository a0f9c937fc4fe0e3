/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame allocator's part that only memory/ and boot/ use: start, and runs of frames.
 */
#ifndef MEMORY_FRAME_INTERNAL_H
#define MEMORY_FRAME_INTERNAL_H

#include "memory/frame.h"
#include <stdbool.h>
#include <stdint.h>

#define FRAME_EXTENTS 64

struct frame_extent_range {
    coop_paddr base;
    uint64_t bytes;
};

/*
 * Takes over `count` extents of free RAM. `window` is where physical address 0 is mapped, as far as `mapped_limit` for
 * now: no frame above is handed out before frame_all_mapped. The book-keeping is placed in the first extent that has
 * room for it below the limit; false when none has.
 */
bool frame_start(const struct frame_extent_range *ranges, unsigned count, uint8_t *window, coop_paddr mapped_limit);
void frame_all_mapped(void);

/* `count` frames in a row, one reference to the whole, content undefined; 0 when there is none. */
coop_paddr frame_run_allocate(size_t count);

/* Gives a run back; its length in frames. */
size_t frame_run_release(coop_paddr first);

#endif

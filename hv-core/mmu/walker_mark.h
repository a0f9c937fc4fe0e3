/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The accessed and dirty bits that a CPU would leave on the way of a walk. Pure.
 */
#ifndef MMU_WALKER_MARK_H
#define MMU_WALKER_MARK_H

#include "mmu/guest_memory.h"
#include "mmu/walker.h"

/* Sets bits in a guest entry as the CPU does: *entry is what it was and becomes what it is. False when somebody else
 * has changed it. */
bool walker_mark(const struct guest_memory *memory, coop_paddr address, unsigned bytes, uint64_t *entry, uint64_t bits);

/* Accessed in every entry on the way (the top ones of PAE have none), dirty in the one that maps a page to be written.
 * False when an entry has changed since the walk: walk again. */
bool walker_mark_way(const struct guest_memory *memory, const struct walker_format *format, struct walker_trace *trace,
                     bool is_write);

#endif

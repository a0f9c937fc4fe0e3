/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's side of a page fault: a walk of its tables by the rules of the CPU, which leaves the accessed and dirty
 * bits that a CPU would, in the order of the shadow's levels.
 */
#ifndef MMU_SHADOW_WALK_H
#define MMU_SHADOW_WALK_H

#include "mmu/shadow_page.h"

#define SHADOW_WALK_NO_ENTRY (~X86_PTE_NX) /* where the guest has none: all rights */

/* One guest walk, ordered by the levels of the shadow. */
struct shadow_way {
    struct walker_result found;
    struct walker_trace trace;
    unsigned leaf;                   /* the level of the guest's entry that maps the page */
    bool was_accessed;               /* that entry, before this access */
    uint64_t entries[SHADOW_LEVELS]; /* the guest's, from the leaf to the top; what it has no level for is all ones */
};

void shadow_walk(struct shadow *shadow, const struct shadow_cpu *cpu, uint64_t linear, struct walker_access access,
                 struct shadow_way *way);

#endif

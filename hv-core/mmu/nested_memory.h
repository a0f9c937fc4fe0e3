/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames of a VM on nested tables that come and go one by one (COOP_HYPERCALL_MEMORY), and what keeps them: the
 * hypervisor's own references. Pure. Until the first frame goes, the VM's memory is its few ranges; from then on the
 * nested tables alone know where a page is, for the hypervisor as for the CPU.
 */
#ifndef MMU_NESTED_MEMORY_H
#define MMU_NESTED_MEMORY_H

#include "mmu/guest_memory.h"
#include "mmu/nested.h"

#define NESTED_MEMORY_HOLDS 64u

struct nested_hold {
    coop_paddr start;
    uint64_t bytes;
};

struct nested_memory {
    struct nested_tables *tables;
    struct guest_memory *memory;
    struct guest_memory_range ranges[GUEST_MEMORY_RANGES]; /* once scattered: what memory->ranges was */
    unsigned range_count;                                  /* 0: not scattered */
    struct nested_hold holds[NESTED_MEMORY_HOLDS];
    unsigned hold_count;
};

void nested_memory_start(struct nested_memory *nested, struct nested_tables *tables, struct guest_memory *memory);

/* A reference of the hypervisor's to guest memory, given back with the same arguments; as guest_memory_pointer. NULL
 * also when there are too many. */
void *nested_memory_hold(struct nested_memory *nested, coop_paddr address, uint64_t bytes, bool is_write);
void nested_memory_unhold(struct nested_memory *nested, coop_paddr address, uint64_t bytes);

/* Takes the page away; *machine is the frame, which is nobody's only when every CPU has been flushed. 0; -EINVAL: no
 * page of the VM's writable memory, or not there; -EBUSY: the hypervisor refers to it; -ENOMEM. */
int nested_memory_release(struct nested_memory *nested, coop_paddr page, coop_paddr *machine);

/* Makes the 2 MiB at `start` one page where no frame moves: 0, with *table as nested_replace gives it (FRAME_NONE: it
 * was one already). -EAGAIN: frames have to move, by nested_memory_move; -EINVAL: not 2 MiB of the VM's writable
 * memory; -EBUSY: the hypervisor refers to it. */
int nested_memory_large(struct nested_memory *nested, coop_paddr start, coop_paddr *table);

/* Puts the run at `machine` there, which the caller has filled. */
int nested_memory_move(struct nested_memory *nested, coop_paddr start, coop_paddr machine, coop_paddr *table);

/* Whether the page is one that was taken away: 0, or -EINVAL. Then puts a frame there. */
int nested_memory_wants(const struct nested_memory *nested, coop_paddr page);
int nested_memory_populate(struct nested_memory *nested, coop_paddr page, coop_paddr machine);

/* The frame that a page of the VM's memory had first, at which it is part of a run. */
coop_paddr nested_memory_home(const struct nested_memory *nested, coop_paddr page);

/* Calls visit with the frame of each page of a scattered memory that is there. */
void nested_memory_visit(const struct nested_memory *nested, void (*visit)(void *context, coop_paddr machine),
                         void *context);

#endif

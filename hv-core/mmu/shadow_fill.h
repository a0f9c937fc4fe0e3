/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest's tables allow, put into the shadow: the way from the root to a page, the page itself, and what stands
 * beside it.
 */
#ifndef MMU_SHADOW_FILL_H
#define MMU_SHADOW_FILL_H

#include "mmu/shadow_walk.h"

/* Reserved in the last level of PAE, ignored in long mode: rare enough to let the whole walk decide. */
#define SHADOW_FILL_RESERVED 0x7ff0000000000000ul

/* Of an entry in a direct page; the entries above it have the rights. */
#define SHADOW_FILL_DIRECT (X86_PTE_P | X86_PTE_A | X86_PTE_D | X86_PTE_W | X86_PTE_U)

/* Fills everything in along a way. */
enum shadow_outcome shadow_fill(struct shadow *shadow, struct shadow_cpu *cpu, const struct shadow_way *way,
                                uint64_t linear, struct walker_access access);

/* Maps the page itself: bits are wanted, less W where its frame may not be written. */
enum shadow_outcome shadow_fill_page(struct shadow *shadow, struct shadow_page *page, unsigned index,
                                     const struct guest_memory_range *range, coop_paddr address, uint64_t bits,
                                     uint64_t source, bool is_write);

/* Maps what stands beside an entry of a young page and has been accessed before: a new process does what its parent
 * did. */
void shadow_fill_around(struct shadow *shadow, const struct shadow_cpu *cpu, struct shadow_page *page, unsigned index);

/* The bits that follow from a guest's entry that maps a page, when those above it have been copied with their rights.
 */
static inline uint64_t shadow_fill_bits(uint64_t entry)
{
    uint64_t bits = entry & (X86_PTE_P | X86_PTE_A | X86_PTE_U | X86_PTE_NX);
    return entry & X86_PTE_W && entry & X86_PTE_D ? bits | X86_PTE_W | X86_PTE_D : bits;
}

#endif

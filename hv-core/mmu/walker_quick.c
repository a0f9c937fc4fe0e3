/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each address on the way is the guest's word, and goes through guest_memory_pointer like any other. APM vol. 2,
 * "Long-Mode Page Translation".
 */
#include "mmu/walker_quick.h"
#include <coopvirt/x86.h>

#define TOP_SHIFT  39
#define STEP_SHIFT 9
#define LAST_SHIFT 12

const void *walker_quick(const struct guest_memory *memory, uint64_t root, uint64_t linear, uint64_t bytes)
{
    uint64_t entry = root;
    for (unsigned shift = TOP_SHIFT; shift >= LAST_SHIFT; shift -= STEP_SHIFT) {
        uint64_t index = linear >> shift & ((1u << STEP_SHIFT) - 1);
        const volatile uint64_t *at =
            guest_memory_pointer(memory, (entry & X86_PTE_FRAME) + index * sizeof(*at), sizeof(*at), false);
        if (!at)
            return 0;
        entry = *at;
        if (!(entry & X86_PTE_P))
            return 0;
        if (shift == LAST_SHIFT || entry & X86_PTE_PS) {
            uint64_t within = (1ul << shift) - 1;
            return guest_memory_pointer(memory, (entry & X86_PTE_FRAME & ~within) | (linear & within), bytes, false);
        }
    }
    return 0;
}

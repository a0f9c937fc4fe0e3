/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accessed and dirty bits by compare-and-swap, since the guest's other CPUs write the same entries. APM vol. 2, "Page-
 * Translation-Table Access".
 */
#include "mmu/walker_mark.h"
#include <coopvirt/x86.h>

bool walker_mark(const struct guest_memory *memory, coop_paddr address, unsigned bytes, uint64_t *entry, uint64_t bits)
{
    uint64_t old = *entry;
    if ((old & bits) == bits)
        return true;
    *entry |= bits;
    void *at = guest_memory_pointer(memory, address, bytes, true);
    if (!at)
        return true; /* in read-only memory: the write is lost */
    uint32_t small = (uint32_t)old;
    if (bytes == 4)
        return __atomic_compare_exchange_n((uint32_t *)at, &small, (uint32_t)*entry, false, __ATOMIC_SEQ_CST,
                                           __ATOMIC_SEQ_CST);
    return __atomic_compare_exchange_n((uint64_t *)at, &old, *entry, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

bool walker_mark_way(const struct guest_memory *memory, const struct walker_format *format, struct walker_trace *trace,
                     bool is_write)
{
    for (unsigned depth = 0; depth < trace->depth; depth++) {
        uint64_t bits = format->level[depth].has_permissions ? X86_PTE_A : 0;
        if (is_write && depth + 1 == trace->depth)
            bits |= X86_PTE_D;
        if (!walker_mark(memory, trace->addresses[depth], format->entry_bytes, &trace->entries[depth], bits))
            return false;
    }
    return true;
}

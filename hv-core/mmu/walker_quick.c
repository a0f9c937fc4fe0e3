/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each address on the way is the guest's word. Tables and code mostly lie in one range of its memory: the root's is
 * kept, and whatever is not in it goes through guest_memory_pointer like any other. APM vol. 2, "Long-Mode Page
 * Translation".
 */
#include "mmu/walker_quick.h"
#include <coopvirt/mutation.h>
#include <coopvirt/x86.h>

/* A range of the memory: at [start, start + room) WALKER_QUICK_BYTES begin that lie in it. */
struct walker_quick_range {
    coop_paddr start;
    uint64_t room;
    const char *at;
};

static inline struct walker_quick_range walker_quick_range_of(const struct guest_memory *memory, coop_paddr address)
{
    const struct guest_memory_range *range = guest_memory_find(memory, address);
    if (!range || range->bytes < WALKER_QUICK_BYTES)
        return (struct walker_quick_range){0, 0, 0};
    return (struct walker_quick_range){range->start, range->bytes - WALKER_QUICK_BYTES + 1,
                                       memory->address(range->machine)};
}

static inline const void *walker_quick_at(const struct guest_memory *memory, const struct walker_quick_range *range,
                                          coop_paddr address)
{
    uint64_t offset = address - range->start;
    if (__builtin_expect(offset < range->room || (range->room && MUTATED(memory_bound)), 1))
        return range->at + offset;
    return guest_memory_pointer(memory, address, WALKER_QUICK_BYTES, false);
}

/* One level: from the entry that names a table to the entry there; false when there is none. The low bits of `index`
 * count. */
static inline bool walker_quick_step(const struct guest_memory *memory, const struct walker_quick_range *range,
                                     uint64_t index, uint64_t *entry)
{
    const volatile uint64_t *at =
        walker_quick_at(memory, range, (*entry & X86_PTE_FRAME) + (index & 511) * sizeof(*entry));
    if (!at)
        return false;
    *entry = *at;
    return *entry & X86_PTE_P;
}

/* Where the entry maps a page of 1 << shift bytes. */
static inline const void *walker_quick_page(const struct guest_memory *memory, const struct walker_quick_range *range,
                                            uint64_t entry, uint64_t linear, unsigned shift)
{
    uint64_t within = (1ul << shift) - 1;
    return walker_quick_at(memory, range, (entry & X86_PTE_FRAME & ~within) | (linear & within));
}

const void *walker_quick(const struct guest_memory *memory, uint64_t root, uint64_t linear)
{
    struct walker_quick_range range = walker_quick_range_of(memory, root & X86_PTE_FRAME);
    uint64_t entry = root;
    if (!walker_quick_step(memory, &range, linear >> 39, &entry) ||
        !walker_quick_step(memory, &range, linear >> 30, &entry))
        return 0;
    if (entry & X86_PTE_PS)
        return walker_quick_page(memory, &range, entry, linear, 30);
    if (!walker_quick_step(memory, &range, linear >> 21, &entry))
        return 0;
    if (entry & X86_PTE_PS)
        return walker_quick_page(memory, &range, entry, linear, 21);
    return walker_quick_step(memory, &range, linear >> 12, &entry)
               ? walker_quick_page(memory, &range, entry, linear, 12)
               : 0;
}

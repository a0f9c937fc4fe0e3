/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's side of a shadow page: where its table is and which of its entries each shadow entry comes from. A table
 * of 32-bit paging has twice the entries, so that several shadow pages, its quadrants, share it.
 */
#ifndef MMU_SHADOW_GUEST_H
#define MMU_SHADOW_GUEST_H

#include "mmu/shadow_page.h"

/* The table of a role at a guest frame in the hypervisor's map; NULL for one that is direct. */
const uint8_t *shadow_guest_table(const struct shadow *shadow, uint64_t guest_frame, shadow_role role);

/* The guest's entry as it is now, for an entry at level 0 of a page with a table. */
static inline uint64_t shadow_guest_entry(const struct shadow_page *page, unsigned index)
{
    if ((page->role & SHADOW_ROLE_FORMAT) != SHADOW_ROLE_32)
        return ((const volatile uint64_t *)page->table)[index];
    return ((const volatile uint32_t *)page->table)[shadow_role_quadrant(page->role) * SHADOW_ENTRIES + index];
}

/* The guest frame that a present entry at level 0 maps. */
static inline uint64_t shadow_guest_frame_of(const struct shadow_page *page, unsigned index)
{
    if (page->role & SHADOW_ROLE_DIRECT)
        return page->guest_frame + index;
    return (page->sources[index] & X86_PTE_FRAME) >> X86_PAGE_SHIFT;
}

/* The shadow entries [*first, *end) that come from bytes [offset, offset + bytes) of the table's frame. */
void shadow_guest_entries(const struct shadow_page *page, unsigned offset, unsigned bytes, unsigned *first,
                          unsigned *end);

#endif

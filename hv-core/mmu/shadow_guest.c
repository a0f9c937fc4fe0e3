/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The geometry of the guest's formats, as seen from shadow entries.
 */
#include "mmu/shadow_guest.h"

#define PDPT_ALIGNMENT 32 /* of PAE's four top entries */

const uint8_t *shadow_guest_table(const struct shadow *shadow, uint64_t guest_frame, shadow_role role)
{
    if (role & (SHADOW_ROLE_DIRECT | SHADOW_ROLE_EMPTY))
        return 0;
    return guest_memory_pointer(shadow->memory, guest_frame << X86_PAGE_SHIFT, X86_PAGE_BYTES, false);
}

/* How a page's entries lie in its guest frame. */
struct shadow_geometry {
    unsigned start; /* bytes before the first */
    unsigned entry_bytes;
    unsigned entries; /* of the guest's */
    unsigned each;    /* shadow entries for one of them */
};

static struct shadow_geometry shadow_guest_geometry(const struct shadow_page *page)
{
    unsigned quadrant = shadow_role_quadrant(page->role);
    switch (page->role & SHADOW_ROLE_FORMAT) {
    case SHADOW_ROLE_32:
        if (page->level == 0)
            return (struct shadow_geometry){quadrant * 2048, 4, 512, 1};
        if (page->level == 1)
            return (struct shadow_geometry){quadrant * 1024, 4, 256, 2};
        return (struct shadow_geometry){0, 4, 0, 1}; /* its four entries stand for quadrants */
    case SHADOW_ROLE_PAE:
        if (page->level == 2)
            return (struct shadow_geometry){shadow_role_offset(page->role) * PDPT_ALIGNMENT, 8, 4, 1};
        return (struct shadow_geometry){0, 8, 512, 1};
    default:
        return (struct shadow_geometry){0, 8, 512, 1};
    }
}

void shadow_guest_entries(const struct shadow_page *page, unsigned offset, unsigned bytes, unsigned *first,
                          unsigned *end)
{
    struct shadow_geometry geometry = shadow_guest_geometry(page);
    unsigned from = geometry.start, to = geometry.start + geometry.entries * geometry.entry_bytes;
    unsigned low = offset > from ? offset : from, high = offset + bytes < to ? offset + bytes : to;
    *first = *end = 0;
    if (low >= high)
        return;
    *first = (low - from) / geometry.entry_bytes * geometry.each;
    *end = ((high - 1 - from) / geometry.entry_bytes + 1) * geometry.each;
}

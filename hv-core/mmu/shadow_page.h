/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shadow pages: finding, making, linking and forgetting them. Every present entry of a page is in one list: that of the
 * guest frame which it maps writable, or that of the page it points to, so that a frame can be write-protected and
 * a page be unlinked everywhere.
 */
#ifndef MMU_SHADOW_PAGE_H
#define MMU_SHADOW_PAGE_H

#include "mmu/shadow.h"
#include <coopvirt/mutation.h>
#include <coopvirt/x86.h>

#define SHADOW_NONE 0u

/* The format of the guest's table; direct pages have none: they map consecutive frames with all rights. */
#define SHADOW_ROLE_LONG        1u
#define SHADOW_ROLE_PAE         2u
#define SHADOW_ROLE_32          3u
#define SHADOW_ROLE_FORMAT      3u
#define SHADOW_ROLE_DIRECT      (1u << 2)
#define SHADOW_ROLE_NX          (1u << 3) /* EFER.NXE: the bit is not reserved */
#define SHADOW_ROLE_PSE         (1u << 4)
#define SHADOW_ROLE_WP_OFF      (1u << 5) /* CR0.WP clear; then the rights of the way count: */
#define SHADOW_ROLE_SMEP        (1u << 6)
#define SHADOW_ROLE_WAY_WRITE   (1u << 7)
#define SHADOW_ROLE_WAY_USER    (1u << 8)
#define SHADOW_ROLE_LEVEL(n)    ((uint32_t)(n) << 9)
#define SHADOW_ROLE_QUADRANT(n) ((uint32_t)(n) << 11) /* which part of a 32-bit table */
#define SHADOW_ROLE_OFFSET(n)   ((uint32_t)(n) << 13) /* CR3 bits 5-11 of PAE */
#define SHADOW_ROLE_EMPTY       (1u << 20)            /* a root where there is no memory */
#define SHADOW_ROLE_SMAP        (1u << 22) /* with CR0.WP clear: no page is taken from the users for the kernel */
#define SHADOW_ROLE_KERNEL_3    (1u << 21) /* for a kernel in ring 3: all that it may use is a user's to the CPU */

static inline unsigned shadow_role_level(shadow_role role)
{
    return role >> 9 & 3;
}
static inline unsigned shadow_role_quadrant(shadow_role role)
{
    return role >> 11 & 3;
}
static inline unsigned shadow_role_offset(shadow_role role)
{
    return role >> 13 & 127;
}

static inline unsigned shadow_page_index(uint64_t linear, unsigned level)
{
    return linear >> (12 + 9 * level) & 511;
}

/* Entries and pages by number. */
static inline struct shadow_page *shadow_page_of(const struct shadow *shadow, shadow_entry entry)
{
    return &shadow->pages[(entry - 1) / SHADOW_ENTRIES];
}
static inline uint32_t shadow_page_number(const struct shadow *shadow, const struct shadow_page *page)
{
    return (uint32_t)(page - shadow->pages);
}
static inline shadow_entry shadow_page_entry(const struct shadow *shadow, const struct shadow_page *page,
                                             unsigned index)
{
    return shadow_page_number(shadow, page) * SHADOW_ENTRIES + index + 1;
}
static inline bool shadow_page_has(const struct shadow_page *page, unsigned index)
{
    return page->bitmap[index / 64] >> (index % 64) & 1;
}
/* The page that an entry above level 0 points to. */
static inline struct shadow_page *shadow_page_child(const struct shadow *shadow, const struct shadow_page *page,
                                                    unsigned index)
{
    return &shadow->pages[page->sources[index]];
}
static inline void shadow_page_flush(const struct shadow *shadow, enum shadow_flush why)
{
    if (!MUTATED(shadow_flush))
        shadow->world.flush(shadow->world.context, why);
}

/* Other CPUs run the guest while one is in here. */
static inline bool shadow_page_has_others(const struct shadow *shadow)
{
    return __builtin_expect(shadow->world.settle != 0, 0);
}

/* None of them goes on with what has been flushed so far. */
static inline void shadow_page_settle(const struct shadow *shadow, enum shadow_settle why)
{
    if (shadow_page_has_others(shadow) && !MUTATED(shadow_settle))
        shadow->world.settle(shadow->world.context, why);
}

/* The frame's record; NULL where there is no memory. */
struct shadow_frame *shadow_page_frame(const struct shadow *shadow, uint64_t guest_frame);

/* The page of a guest frame and role; NULL when there is none. */
struct shadow_page *shadow_page_find(const struct shadow *shadow, uint64_t guest_frame, shadow_role role);

/* The same, made if there is none: its table is watched from now on. NULL without memory. */
struct shadow_page *shadow_page_get(struct shadow *shadow, uint64_t guest_frame, shadow_role role);

/* Puts an entry that maps a page, or one that points to a child, where there is none. */
void shadow_page_map(struct shadow *shadow, struct shadow_page *page, unsigned index, uint64_t value, uint64_t source);
void shadow_page_link(struct shadow *shadow, struct shadow_page *page, unsigned index, uint64_t bits,
                      struct shadow_page *child);

/* Takes an entry away. The caller flushes. */
void shadow_page_drop(struct shadow *shadow, struct shadow_page *page, unsigned index);

/* Makes a writable entry read-only. The caller flushes. */
void shadow_page_narrow(struct shadow *shadow, struct shadow_page *page, unsigned index);

/* Takes every writable mapping of a frame away, with a flush if there was any. */
void shadow_page_protect(struct shadow *shadow, struct shadow_frame *frame);

/* Forgets a page that is no root, with a flush. */
void shadow_page_zap(struct shadow *shadow, struct shadow_page *page);

/* Forgets a page, and below it what nothing else points to. */
void shadow_page_zap_tree(struct shadow *shadow, struct shadow_page *page);

/* The top of the only way to a page; NULL when there are several, or it is a root in use or on the way of the fault at
 * hand. */
struct shadow_page *shadow_page_idle_top(const struct shadow *shadow, struct shadow_page *page);

/* The index of the first present entry from `index` on; SHADOW_ENTRIES when there is none. */
static inline unsigned shadow_page_next(const struct shadow_page *page, unsigned index)
{
    while (index < SHADOW_ENTRIES) {
        uint64_t bits = page->bitmap[index / 64] >> (index % 64);
        if (bits)
            return index + (unsigned)__builtin_ctzl(bits);
        index = (index / 64 + 1) * 64;
    }
    return SHADOW_ENTRIES;
}

#endif

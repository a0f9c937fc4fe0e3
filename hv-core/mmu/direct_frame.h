/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records of frames and their references, as the operations on direct page tables (direct_entry.h) take and drop
 * them: inline, since an entry's share of a batch is a few dozen instructions.
 */
#ifndef MMU_DIRECT_FRAME_H
#define MMU_DIRECT_FRAME_H

#include "mmu/direct.h"
#include <coopvirt/mutation.h>
#include <coopvirt/x86.h>

#define DIRECT_GROUP 16u /* slots for which a bit of direct_frame.groups stands */

#define DIRECT_SOFTWARE_BITS 0xe00ul /* the guest's own use */
/* Bits that an entry which links a table may have. */
#define DIRECT_LINK_BITS                                                                                               \
    (X86_PTE_P | X86_PTE_W | X86_PTE_U | X86_PTE_A | X86_PTE_D | DIRECT_SOFTWARE_BITS | X86_PTE_FRAME | X86_PTE_NX)

/* Asks for a flush; what was removed before it is nowhere any more. (direct_frame.c) */
void direct_frame_flush(struct direct *direct, enum direct_flush why);

/* The same if a frame may still be held as `stale` by some CPU. */
static inline bool direct_frame_is_stale(const struct direct *direct, const struct direct_frame *frame)
{
    return frame->epoch == direct->epoch;
}

/* An address of a whole frame, shifted by this, is the place of the frame's record among all of the machine's. */
#define DIRECT_RECORD_SHIFT (X86_PAGE_SHIFT - 4)
_Static_assert(X86_PAGE_BYTES >> DIRECT_RECORD_SHIFT == sizeof(struct direct_frame), "one shift from frame to record");

static inline uint64_t direct_frame_offset(const struct direct *direct, coop_paddr frame)
{
    return (frame >> DIRECT_RECORD_SHIFT) - direct->start;
}

static inline struct direct_frame *direct_frame_record(const struct direct *direct, uint64_t offset)
{
    return (struct direct_frame *)((uintptr_t)direct->frames + offset);
}

static inline struct direct_frame *direct_frame_at(const struct direct *direct, coop_paddr frame)
{
    uint64_t offset = direct_frame_offset(direct, frame);
    if (!MUTATED(direct_bound) && offset >= direct->bytes)
        offset = direct->bytes;
    return direct_frame_record(direct, offset);
}

static inline struct direct_frame *direct_frame_of(const struct direct *direct, coop_paddr address)
{
    return direct_frame_at(direct, address & ~(X86_PAGE_BYTES - 1));
}

static inline struct direct_frame *direct_frame_named(const struct direct *direct, uint64_t entry)
{
    return direct_frame_at(direct, entry & direct->frame_bits);
}

/* The frame that an entry in a table has named: it need not be looked for. */
static inline struct direct_frame *direct_frame_known(const struct direct *direct, uint64_t entry)
{
    return (struct direct_frame *)(direct->origin + ((entry & direct->frame_bits) >> DIRECT_RECORD_SHIFT));
}

/* Another reference to a frame as what it is. False when there are too many. */
static inline bool direct_frame_count(struct direct_frame *frame)
{
    if (!MUTATED(direct_overflow) && __builtin_expect(frame->references == UINT32_MAX, 0))
        return false;
    frame->references++;
    return true;
}

/* Another reference to a page, in the usual case. False: nothing has changed, see direct_frame_make_usual. */
static inline bool direct_frame_try_page(const struct direct *direct, struct direct_frame *page)
{
    if (!MUTATED(direct_writable_table) && __builtin_expect(page->type != DIRECT_PAGE, 0))
        return false;
    uint32_t references = page->references + 1;
    if (__builtin_expect(references <= 1, 0)) { /* the first, or one too many */
        if (!references && !MUTATED(direct_overflow))
            return false;
        if (__builtin_expect(page->stale > DIRECT_PAGE, 0) && direct_frame_is_stale(direct, page))
            return false;
        page->present = 1;
    }
    page->references = references;
    return true;
}

/* Asks for the flush that kept a page from its first reference: 0, and now it gets it; or why it never will.
 * (direct_frame.c) */
int direct_frame_make_usual(struct direct *direct, const struct direct_frame *page, enum direct_flush why);

static inline int direct_frame_take_table(struct direct_frame *table, enum direct_type type)
{
    if (!MUTATED(direct_link_type) && table->type != type)
        return table->type == DIRECT_OUTSIDE ? COOP_EFAULT : COOP_EINVAL;
    return direct_frame_count(table) ? 0 : COOP_EBUSY;
}

/* One reference less. What the CPUs may still have of the last one is remembered. */
static inline void direct_frame_drop(const struct direct *direct, struct direct_frame *frame, uint8_t type)
{
    if (--frame->references)
        return;
    frame->stale = type;
    frame->epoch = direct->epoch;
}

/* The same for the entry of a table of level 1, or of one above. */
static inline void direct_frame_drop_page(const struct direct *direct, uint64_t entry)
{
    if (entry & X86_PTE_W)
        direct_frame_drop(direct, direct_frame_known(direct, entry), DIRECT_PAGE);
}

static inline void direct_frame_drop_table(const struct direct *direct, uint64_t entry)
{
    struct direct_frame *table = direct_frame_known(direct, entry);
    direct_frame_drop(direct, table, table->type);
}

/* Makes slots [first, last) of a table 0. (direct.c) */
void direct_frame_drop_slots(struct direct *direct, struct direct_frame *table, uint64_t *slots, unsigned first,
                             unsigned last);

/* What is in a table or page, as the hypervisor sees it. */
static inline uint64_t *direct_frame_slots(const struct direct *direct, coop_paddr address)
{
    return (uint64_t *)(direct->map + address);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An entry of a direct page table in its place: the reference to what it names is taken before, that of the one it
 * replaces is dropped behind. Inline, for single operations (direct.c) and for runs of them (direct_batch.c). Only the
 * hypervisor changes more of an entry that is not 0 than its A and D, which the CPU may set at any time.
 */
#ifndef MMU_DIRECT_ENTRY_H
#define MMU_DIRECT_ENTRY_H

#include "mmu/direct_frame.h"
#include <coopvirt/mutation.h>
#include <coopvirt/x86.h>

/* Where nothing was. */
static inline void direct_entry_add(struct direct_frame *table, uint64_t *slot, uint64_t entry)
{
    __atomic_store_n(slot, entry, __ATOMIC_RELEASE);
    table->groups |= 1u << ((uintptr_t)slot / (DIRECT_GROUP * sizeof(uint64_t)) % (DIRECT_ENTRIES / DIRECT_GROUP));
    table->present++;
}

/* Where one for another frame was, whose marks go with it. */
static inline void direct_entry_exchange(uint64_t *slot, uint64_t entry)
{
    __atomic_store_n(slot, entry, __ATOMIC_RELEASE);
}

/* Where one for the same frame was: what the CPU marks in it until the last moment stays. */
static inline void direct_entry_change(uint64_t *slot, uint64_t old, uint64_t entry)
{
    while (!__atomic_compare_exchange_n(slot, &old, entry | (old & (X86_PTE_A | X86_PTE_D)), false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_RELAXED))
        ;
}

static inline bool direct_entry_is_other(const struct direct *direct, uint64_t old, uint64_t entry)
{
    return (old ^ entry) & direct->frame_bits;
}

/* The reference for an entry of level 1 whose bits are in order, in the usual case. */
static inline bool direct_entry_try_reference(const struct direct *direct, uint64_t entry)
{
    uint64_t offset = direct_frame_offset(direct, entry & direct->frame_bits);
    if (!MUTATED(direct_bound) && !MUTATED(direct_owner) && __builtin_expect(offset >= direct->bytes, 0))
        return false;
    struct direct_frame *frame = direct_frame_record(direct, offset);
    if (entry & X86_PTE_W)
        return direct_frame_try_page(direct, frame);
    return frame->type != DIRECT_OUTSIDE || MUTATED(direct_owner);
}

/* In place of an entry of level 1 for the same frame, which is known to be the VM's: only a right to write that the old
 * one had not needs a reference. */
static inline bool direct_entry_try_change(const struct direct *direct, uint64_t *slot, uint64_t old, uint64_t entry)
{
    bool is_other_right = (old ^ entry) & X86_PTE_W;
    if (is_other_right && entry & X86_PTE_W && !direct_entry_try_reference(direct, entry))
        return false;
    direct_entry_change(slot, old, entry | direct->add);
    if (is_other_right && old & X86_PTE_W)
        direct_frame_drop_page(direct, old);
    return true;
}

/* An entry of level 1 whose bits are in order. False: nothing has changed, and it is not usual or refused, which
 * direct_frame_make_usual knows. */
static inline __attribute__((always_inline)) bool
direct_entry_try_page(const struct direct *direct, struct direct_frame *table, uint64_t *slot, uint64_t entry)
{
    uint64_t old = __atomic_load_n(slot, __ATOMIC_RELAXED);
    if (!old) {
        if (__builtin_expect(!direct_entry_try_reference(direct, entry), 0))
            return false;
        direct_entry_add(table, slot, entry | direct->add);
        return true;
    }
    if (!direct_entry_is_other(direct, old, entry))
        return direct_entry_try_change(direct, slot, old, entry);
    if (__builtin_expect(!direct_entry_try_reference(direct, entry), 0))
        return false;
    direct_entry_exchange(slot, entry | direct->add);
    direct_frame_drop_page(direct, old);
    return true;
}

/* Makes a slot 0. Whether something was there. */
static inline bool direct_entry_clear(const struct direct *direct, struct direct_frame *table, uint64_t *slot,
                                      bool is_page)
{
    uint64_t entry = __atomic_load_n(slot, __ATOMIC_RELAXED);
    if (!entry)
        return false;
    __atomic_store_n(slot, 0, __ATOMIC_RELAXED);
    if (is_page)
        direct_frame_drop_page(direct, entry);
    else
        direct_frame_drop_table(direct, entry);
    table->present--;
    return true;
}

/* Of a table that has been looked up: 0, or a COOP_E number with nothing changed. (direct.c) */
int direct_entry_set(struct direct *direct, struct direct_frame *table, coop_paddr slot, uint64_t entry);

#endif

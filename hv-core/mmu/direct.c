/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of direct page tables, set and dropped one by one. An entry is checked, gets its reference to what it names,
 * replaces the old one, and that loses its reference: nothing in between can be seen by the guest.
 */
#include "mmu/direct_entry.h"

/* What is the hypervisor's in a top-level table, or user mode's where it may not be. */
static inline bool direct_is_top_refused(coop_paddr slot, uint64_t entry)
{
    unsigned index = slot % X86_PAGE_BYTES / sizeof(uint64_t);
    if (index < COOP_SLOT_FIRST)
        return false;
    return (!MUTATED(direct_top_slot) && index <= COOP_SLOT_LAST) || (!MUTATED(direct_top_user) && entry & X86_PTE_U);
}

/* Level 1: bits that are not usual, and those that the VM does not get. The first global page that is one changes what
 * a flush is. */
static int direct_check_page(struct direct *direct, uint64_t *entry)
{
    if (!MUTATED(direct_page_bits) && *entry & direct->looked_at & ~(X86_PTE_G | X86_PTE_P))
        return COOP_EINVAL;
    *entry &= ~direct->strip;
    direct->looked_at &= ~X86_PTE_G | direct->strip;
    direct->has_global |= !direct->strip;
    return 0;
}

static inline void direct_put_link(struct direct *direct, struct direct_frame *table, uint64_t *slot, uint64_t entry)
{
    uint64_t old = __atomic_load_n(slot, __ATOMIC_RELAXED);
    if (!old) {
        direct_entry_add(table, slot, entry);
        return;
    }
    if (direct_entry_is_other(direct, old, entry))
        direct_entry_exchange(slot, entry);
    else
        direct_entry_change(slot, old, entry);
    direct_frame_drop_table(direct, old);
}

/* Of a table above level 1: the entry links one of the level below, and is counted there before it is in place. */
static int direct_set_link(struct direct *direct, struct direct_frame *table, coop_paddr slot, uint64_t entry)
{
    if (!MUTATED(direct_link_bits) && entry & ~DIRECT_LINK_BITS)
        return COOP_EINVAL;
    if (table->type == DIRECT_TABLE_4 && direct_is_top_refused(slot, entry))
        return COOP_EINVAL;
    int error = direct_frame_take_table(direct_frame_named(direct, entry), (enum direct_type)(table->type - 1));
    if (error)
        return error;
    direct_put_link(direct, table, direct_frame_slots(direct, slot), entry | direct->add);
    return 0;
}

/* Of a table of level 1: one page. */
static int direct_set_page(struct direct *direct, struct direct_frame *table, coop_paddr slot, uint64_t entry)
{
    int error = (entry & direct->looked_at) == X86_PTE_P ? 0 : direct_check_page(direct, &entry);
    if (error || direct_entry_try_page(direct, table, direct_frame_slots(direct, slot), entry))
        return error;
    error = direct_frame_make_usual(direct, direct_frame_named(direct, entry), DIRECT_FLUSH_WRITABLE);
    if (!error)
        direct_entry_try_page(direct, table, direct_frame_slots(direct, slot), entry);
    return error;
}

int direct_entry_set(struct direct *direct, struct direct_frame *table, coop_paddr slot, uint64_t entry)
{
    if (!(entry & X86_PTE_P))
        return entry && !MUTATED(direct_absent) ? COOP_EINVAL : direct_clear(direct, slot, 1);
    if (table->type > DIRECT_TABLE_1)
        return direct_set_link(direct, table, slot, entry);
    if (table->type == DIRECT_TABLE_1 || MUTATED(direct_slot_type))
        return direct_set_page(direct, table, slot, entry);
    return table->type == DIRECT_OUTSIDE ? COOP_EFAULT : COOP_EINVAL;
}

int direct_set(struct direct *direct, coop_paddr slot, uint64_t entry)
{
    if (slot % sizeof(uint64_t))
        return COOP_EINVAL;
    return direct_entry_set(direct, direct_frame_of(direct, slot), slot, entry);
}

/* One group's part of the slots to drop. */
static inline void direct_drop_group(struct direct *direct, struct direct_frame *table, uint64_t *slot,
                                     const uint64_t *end, bool is_page)
{
    for (; slot < end; slot++) {
        if (direct_entry_clear(direct, table, slot, is_page) && !table->present)
            return;
    }
}

void direct_frame_drop_slots(struct direct *direct, struct direct_frame *table, uint64_t *slots, unsigned first,
                             unsigned last)
{
    uint32_t groups = table->groups & ~0u << first / DIRECT_GROUP;
    for (; groups && table->present; groups &= groups - 1) {
        unsigned from = (unsigned)__builtin_ctz(groups) * DIRECT_GROUP, to = from + DIRECT_GROUP;
        from = from < first ? first : from;
        to = to > last ? last : to;
        if (from >= to)
            return;
        if (table->type == DIRECT_TABLE_1)
            direct_drop_group(direct, table, slots + from, slots + to, true);
        else
            direct_drop_group(direct, table, slots + from, slots + to, false);
    }
}

int direct_clear(struct direct *direct, coop_paddr slot, uint64_t count)
{
    struct direct_frame *table = direct_frame_of(direct, slot);
    unsigned first = slot % X86_PAGE_BYTES / sizeof(uint64_t), last = first + (unsigned)count;
    if (!MUTATED(direct_slot_type) && table->type < DIRECT_TABLE_1)
        return table->type == DIRECT_OUTSIDE ? COOP_EFAULT : COOP_EINVAL;
    if ((!MUTATED(direct_clear_bound) && count - 1 >= DIRECT_ENTRIES - first) || slot % sizeof(uint64_t))
        return COOP_EINVAL;
    if (!MUTATED(direct_top_clear) && table->type == DIRECT_TABLE_4 && first <= COOP_SLOT_LAST &&
        last > COOP_SLOT_FIRST)
        return COOP_EINVAL;
    if (count == 1)
        direct_entry_clear(direct, table, direct_frame_slots(direct, slot), table->type == DIRECT_TABLE_1);
    else
        direct_frame_drop_slots(direct, table, direct_frame_slots(direct, slot & ~(X86_PAGE_BYTES - 1)), first, last);
    return 0;
}

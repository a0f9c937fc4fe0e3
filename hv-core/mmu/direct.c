/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of direct page tables, set and dropped, one by one or in batches. An entry is checked, gets its reference to
 * what it names, replaces the old one, and that loses its reference: nothing in between can be seen by the guest.
 */
#include "mmu/direct_frame.h"

#define OPERATION_BITS 7ul
#define CHUNK          32 /* operations between two looks at whether others wait: each may drop a table's entries */

/* What is the hypervisor's in a top-level table, or user mode's where it may not be. */
static inline bool direct_is_top_refused(coop_paddr slot, uint64_t entry)
{
    unsigned index = slot % X86_PAGE_BYTES / sizeof(uint64_t);
    if (index < COOP_SLOT_FIRST)
        return false;
    return (!MUTATED(direct_top_slot) && index <= COOP_SLOT_LAST) || (!MUTATED(direct_top_user) && entry & X86_PTE_U);
}

/* Level 1: bits that are not usual. The first global page changes what a flush is. */
static __attribute__((noinline)) int direct_check_page(struct direct *direct, uint64_t entry)
{
    if (!MUTATED(direct_page_bits) && entry & direct->refused_page & ~X86_PTE_G)
        return COOP_EINVAL;
    direct->refused_page &= ~X86_PTE_G;
    direct->has_global = true;
    return 0;
}

/* The reference for an entry of level 1 whose bits are in order. */
static inline int direct_take_page(struct direct *direct, uint64_t entry)
{
    struct direct_frame *frame = direct_frame_named(direct, entry);
    if (entry & X86_PTE_W)
        return direct_frame_take_page(direct, frame, DIRECT_FLUSH_WRITABLE);
    return !MUTATED(direct_owner) && frame->type == DIRECT_OUTSIDE ? COOP_EFAULT : 0;
}

/* Puts an entry where `old` stands. The CPU may set A and D meanwhile, though never in an entry that is 0: what it
 * marks in one for the same frame stays. What was there. */
static inline uint64_t direct_exchange(uint64_t *slot, uint64_t old, uint64_t entry)
{
    uint64_t value;
    do {
        value = (old ^ entry) & (X86_PTE_FRAME | X86_PTE_P) ? entry : entry | (old & (X86_PTE_A | X86_PTE_D));
    } while (!__atomic_compare_exchange_n(slot, &old, value, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
    return old;
}

/* The entry has its reference: into the table. */
static inline void direct_put(struct direct *direct, struct direct_frame *table, uint64_t *slot, uint64_t entry,
                              bool is_page)
{
    uint64_t old = __atomic_load_n(slot, __ATOMIC_RELAXED);
    if (old) {
        direct_frame_drop_entry(direct, direct_exchange(slot, old, entry), is_page);
        return;
    }
    __atomic_store_n(slot, entry, __ATOMIC_RELEASE);
    table->groups |= 1u << ((uintptr_t)slot % X86_PAGE_BYTES / (DIRECT_GROUP * sizeof(uint64_t)));
    table->present++;
}

/* Of a table above level 1: the entry links one of the level below, and is counted there before it is in place. */
static int direct_set_link(struct direct *direct, struct direct_frame *table, coop_paddr slot, uint64_t entry)
{
    if (!MUTATED(direct_link_bits) && entry & ~DIRECT_LINK_BITS)
        return COOP_EINVAL;
    if (table->type == DIRECT_TABLE_4 && direct_is_top_refused(slot, entry))
        return COOP_EINVAL;
    int error = direct_frame_take_table(direct_frame_named(direct, entry), (enum direct_type)(table->type - 1));
    if (!error)
        direct_put(direct, table, direct_frame_slots(direct, slot), entry | direct->add, false);
    return error;
}

/* Of a table of level 1: one page. */
static int direct_set_page(struct direct *direct, struct direct_frame *table, coop_paddr slot, uint64_t entry)
{
    int error = entry & direct->refused_page ? direct_check_page(direct, entry) : 0;
    if (!error)
        error = direct_take_page(direct, entry);
    if (!error)
        direct_put(direct, table, direct_frame_slots(direct, slot), (entry & ~direct->strip) | direct->add, true);
    return error;
}

static int direct_set_in(struct direct *direct, struct direct_frame *table, coop_paddr slot, uint64_t entry)
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
    return direct_set_in(direct, direct_frame_of(direct, slot), slot, entry);
}

/* One group's part of the slots to drop. Only the hypervisor changes more of an entry than its A and D. */
static inline void direct_drop_group(struct direct *direct, struct direct_frame *table, uint64_t *slot,
                                     const uint64_t *end, bool is_page)
{
    for (; slot < end; slot++) {
        uint64_t entry = __atomic_load_n(slot, __ATOMIC_RELAXED);
        if (!entry)
            continue;
        __atomic_store_n(slot, 0, __ATOMIC_RELAXED);
        direct_frame_drop_entry(direct, entry, is_page);
        if (!--table->present)
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

static inline void direct_clear_slot(struct direct *direct, struct direct_frame *table, uint64_t *slot)
{
    uint64_t entry = __atomic_load_n(slot, __ATOMIC_RELAXED);
    if (!entry)
        return;
    __atomic_store_n(slot, 0, __ATOMIC_RELAXED);
    direct_frame_drop_entry(direct, entry, table->type == DIRECT_TABLE_1);
    table->present--;
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
        direct_clear_slot(direct, table, direct_frame_slots(direct, slot));
    else
        direct_frame_drop_slots(direct, table, direct_frame_slots(direct, slot & ~(X86_PAGE_BYTES - 1)), first, last);
    return 0;
}

/* The rarer operations. */
static __attribute__((noinline)) int direct_operate(struct direct *direct, void *caller,
                                                    const struct coop_mmu_operation *operation)
{
    unsigned number = operation->target & OPERATION_BITS;
    uint64_t target = operation->target & ~OPERATION_BITS, value = operation->value;
    switch (number) {
    case COOP_MMU_CLEAR:
        return direct_clear(direct, target, value);
    case COOP_MMU_TABLE_NEW:
        return direct_table_new(direct, target, value);
    case COOP_MMU_TABLE_FREE:
        return value ? COOP_EINVAL : direct_table_free(direct, target);
    case COOP_MMU_ROOT:
        return direct->world.root(caller, target, value);
    default:
        return direct->world.guest_flush(caller, number, target, value);
    }
}

/* The usual: pages one after the other in one table. How many of the operations were such and are carried out; the next
 * one is another's, who will also say what is wrong with it. */
static inline uint64_t direct_set_pages(struct direct *direct, struct direct_frame *table, coop_paddr first,
                                        const struct coop_mmu_operation *operations, uint64_t count)
{
    coop_paddr base = first & ~(X86_PAGE_BYTES - 1);
    uint64_t *slots = direct_frame_slots(direct, base);
    uint64_t usual = direct->refused_page | X86_PTE_P, i;
    for (i = 0; i < count; i++) {
        uint64_t offset = __atomic_load_n(&operations[i].target, __ATOMIC_RELAXED) - base;
        uint64_t entry = __atomic_load_n(&operations[i].value, __ATOMIC_RELAXED);
        if (offset & ~(X86_PAGE_BYTES - sizeof(uint64_t)) || (entry & usual) != X86_PTE_P)
            break;
        if (direct_take_page(direct, entry))
            break;
        direct_put(direct, table, (uint64_t *)((uintptr_t)slots + offset), (entry & ~direct->strip) | direct->add,
                   true);
    }
    return i;
}

/* Carries out a piece of a batch, each operation copied once. How many were; *error is the next one's. */
static uint64_t direct_run(struct direct *direct, void *caller, const struct coop_mmu_operation *operations,
                           uint64_t count, int *error)
{
    uint64_t i = 0;
    while (i < count) {
        struct coop_mmu_operation operation = {__atomic_load_n(&operations[i].target, __ATOMIC_RELAXED),
                                               __atomic_load_n(&operations[i].value, __ATOMIC_RELAXED)};
        unsigned number = operation.target & OPERATION_BITS;
        if (number == COOP_MMU_SET) {
            struct direct_frame *table = direct_frame_of(direct, operation.target);
            uint64_t pages = table->type == DIRECT_TABLE_1
                                 ? direct_set_pages(direct, table, operation.target, operations + i, count - i)
                                 : 0;
            i += pages;
            if (pages)
                continue;
            *error = direct_set_in(direct, table, operation.target, operation.value);
        } else if (number == COOP_MMU_CLEAR) { /* the next in number */
            *error = direct_clear(direct, operation.target - COOP_MMU_CLEAR, operation.value);
        } else {
            *error = direct_operate(direct, caller, &operation);
        }
        if (__builtin_expect(*error, 0))
            break;
        i++;
    }
    return i;
}

/* Whether all of the array lies in the VM's memory. */
static bool direct_batch_is_readable(const struct direct *direct, coop_paddr operations, uint64_t bytes)
{
    coop_paddr last = operations + bytes - 1;
    if (last < operations)
        return false;
    uint64_t page = operations >> X86_PAGE_SHIFT;
    do {
        if (!MUTATED(direct_batch_owner) && direct_frame_of(direct, page << X86_PAGE_SHIFT)->type == DIRECT_OUTSIDE)
            return false;
    } while (page++ != last >> X86_PAGE_SHIFT);
    return true;
}

/* A batch of one, which a page fault brings: nothing is prepared for more. */
static uint64_t direct_batch_one(struct direct *direct, void *caller, coop_paddr operations)
{
    const struct coop_mmu_operation *at = (const void *)(direct->map + operations);
    if (!MUTATED(direct_batch_owner) && direct_frame_of(direct, operations)->type == DIRECT_OUTSIDE)
        return (uint64_t)-COOP_EFAULT;
    struct coop_mmu_operation operation = {__atomic_load_n(&at->target, __ATOMIC_RELAXED),
                                           __atomic_load_n(&at->value, __ATOMIC_RELAXED)};
    bool is_set = (operation.target & OPERATION_BITS) == COOP_MMU_SET;
    int error =
        is_set ? direct_set_in(direct, direct_frame_of(direct, operation.target), operation.target, operation.value)
               : direct_operate(direct, caller, &operation);
    if (error)
        return (uint64_t)error << 32;
    direct->counts.operations++;
    return 1;
}

static __attribute__((noinline)) uint64_t direct_batch_many(struct direct *direct, void *caller, coop_paddr operations,
                                                            uint64_t count)
{
    uint64_t done = 0;
    int error = 0;
    if (count && !direct_batch_is_readable(direct, operations, count * sizeof(struct coop_mmu_operation)))
        return (uint64_t)-COOP_EFAULT;
    const struct coop_mmu_operation *at = (const void *)(direct->map + operations);
    uint64_t end = count < direct->batch_limit ? count : direct->batch_limit;
    while (done < end && !error) {
        done += direct_run(direct, caller, at + done, end - done < CHUNK ? end - done : CHUNK, &error);
        if (!error && done < count && (done == end || direct->world.should_yield(caller)))
            error = COOP_EAGAIN;
    }
    direct->counts.operations += done;
    return done | (uint64_t)error << 32;
}

uint64_t direct_batch(struct direct *direct, void *caller, coop_paddr operations, uint64_t count)
{
    if (!MUTATED(direct_batch_alignment) && operations % sizeof(struct coop_mmu_operation))
        return (uint64_t)-COOP_EINVAL;
    if (!MUTATED(direct_batch_bound) && count > COOP_MMU_BATCH_MOST)
        return (uint64_t)-COOP_EINVAL;
    return count == 1 ? direct_batch_one(direct, caller, operations)
                      : direct_batch_many(direct, caller, operations, count);
}

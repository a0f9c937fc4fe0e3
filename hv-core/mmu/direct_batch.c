/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations on direct page tables by the array, as a hypercall brings them: runs of entries of one table in a loop of
 * their own, all else one by one. Each is carried out from one copy, which is checked whole; a run looks at its first
 * anew. The first that is refused ends the batch.
 */
#include "mmu/direct_batch.h"
#include "mmu/direct_entry.h"

#define OPERATION_BITS 7ul
#define CHUNK          32 /* operations between two looks at whether others wait: each may drop a table's entries */

/* Those that are neither SET nor CLEAR. */
static __attribute__((noinline)) int direct_batch_rarer(struct direct *direct, void *caller,
                                                        const struct coop_mmu_operation *operation)
{
    unsigned number = operation->target & OPERATION_BITS;
    uint64_t target = operation->target & ~OPERATION_BITS, value = operation->value;
    switch (number) {
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

static inline struct coop_mmu_operation direct_batch_read(const struct coop_mmu_operation *from)
{
    return (struct coop_mmu_operation){__atomic_load_n(&from->target, __ATOMIC_RELAXED),
                                       __atomic_load_n(&from->value, __ATOMIC_RELAXED)};
}

/* One of a run sets an entry of a table of level 1. */
static inline __attribute__((always_inline)) bool
direct_batch_try_set(const struct direct *direct, struct direct_frame *table, uint64_t *slot, uint64_t entry)
{
    if ((entry & direct->looked_at) == X86_PTE_P)
        return direct_entry_try_page(direct, table, slot, entry);
    if (entry)
        return false;
    direct_entry_clear(direct, table, slot, true);
    return true;
}

/* The only one does. Bits that the VM loses go here; in a run, each entry would pay for the question. */
static inline __attribute__((always_inline)) bool direct_batch_try_set_single(const struct direct *direct,
                                                                              struct direct_frame *table,
                                                                              uint64_t *slot,
                                                                              struct coop_mmu_operation *operation)
{
    uint64_t looked_at = operation->value & direct->looked_at;
    if (looked_at != X86_PTE_P) {
        if (!operation->value) {
            direct_entry_clear(direct, table, slot, true);
            return true;
        }
        if (looked_at != (X86_PTE_P | direct->strip)) /* where nothing is to be lost, always */
            return false;
        operation->value ^= direct->strip;
    }
    return direct_entry_try_page(direct, table, slot, operation->value);
}

/* The usual: a page set or cleared in the table of level 1 at `base`. False: the operation is another's, who will also
 * say what is wrong with it. */
static inline __attribute__((always_inline)) bool direct_batch_try(const struct direct *direct,
                                                                   struct direct_frame *table, coop_paddr base,
                                                                   struct coop_mmu_operation *operation, bool is_single)
{
    uint64_t offset = operation->target - base, entry = operation->value;
    uintptr_t slot = direct->map + operation->target;
    if (offset & ~(X86_PAGE_BYTES - sizeof(uint64_t))) {
        if ((offset ^ COOP_MMU_CLEAR) & ~(X86_PAGE_BYTES - sizeof(uint64_t)) || entry != 1)
            return false;
        direct_entry_clear(direct, table, (uint64_t *)(slot ^ COOP_MMU_CLEAR), true);
        return true;
    }
    return is_single ? direct_batch_try_set_single(direct, table, (uint64_t *)slot, operation)
                     : direct_batch_try_set(direct, table, (uint64_t *)slot, entry);
}

/* A run of such in one table, which is looked up once. Up to the first that is none. */
static __attribute__((noinline)) const struct coop_mmu_operation *
direct_batch_pages(const struct direct *direct, struct direct_frame *table, coop_paddr base,
                   const struct coop_mmu_operation *at, const struct coop_mmu_operation *end)
{
    do {
        struct coop_mmu_operation operation = direct_batch_read(at);
        if (!direct_batch_try(direct, table, base, &operation, false))
            break;
    } while (++at != end);
    return at;
}

/* A SET or CLEAR of any kind; `table` is what lies at its target. */
static inline int direct_batch_entry(struct direct *direct, struct direct_frame *table,
                                     const struct coop_mmu_operation *operation)
{
    if (operation->target & COOP_MMU_CLEAR)
        return direct_clear(direct, operation->target ^ COOP_MMU_CLEAR, operation->value);
    return direct_entry_set(direct, table, operation->target, operation->value);
}

/* Carries out a piece of a batch, which is not empty. Up to where; *error is the next one's. */
static inline const struct coop_mmu_operation *direct_batch_run(struct direct *direct, void *caller,
                                                                const struct coop_mmu_operation *at,
                                                                const struct coop_mmu_operation *end, int *error)
{
    do {
        struct coop_mmu_operation operation = direct_batch_read(at);
        if ((operation.target & OPERATION_BITS) > COOP_MMU_CLEAR) {
            *error = direct_batch_rarer(direct, caller, &operation);
        } else {
            coop_paddr base = operation.target & ~(X86_PAGE_BYTES - 1);
            struct direct_frame *table = direct_frame_at(direct, base);
            const struct coop_mmu_operation *next = at;
            if (table->type == DIRECT_TABLE_1)
                next = direct_batch_pages(direct, table, base, at, end);
            if (next != at) {
                at = next;
                continue;
            }
            *error = direct_batch_entry(direct, table, &operation);
        }
        if (__builtin_expect(*error, 0))
            break;
        at++;
    } while (at != end);
    return at;
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

/* The only one of a batch. */
static inline int direct_batch_single(struct direct *direct, void *caller, struct coop_mmu_operation *operation)
{
    unsigned number = operation->target & OPERATION_BITS;
    if (number > COOP_MMU_CLEAR)
        return direct_batch_rarer(direct, caller, operation);
    coop_paddr base = operation->target & ~(X86_PAGE_BYTES - 1);
    struct direct_frame *table = direct_frame_at(direct, base);
    if (table->type == DIRECT_TABLE_1 && direct_batch_try(direct, table, base, operation, true))
        return 0;
    return direct_batch_entry(direct, table, operation);
}

/* A page fault brings a batch of one: nothing is prepared for more. */
static uint64_t direct_batch_one(struct direct *direct, void *caller, coop_paddr operations)
{
    if (!MUTATED(direct_batch_owner) && direct_frame_of(direct, operations)->type == DIRECT_OUTSIDE)
        return (uint64_t)-COOP_EFAULT;
    struct coop_mmu_operation operation = direct_batch_read((const void *)(direct->map + operations));
    int error = direct_batch_single(direct, caller, &operation);
    if (__builtin_expect(!error, 1)) {
        direct->counts.operations++;
        return 1;
    }
    return (uint64_t)error << 32;
}

static __attribute__((noinline)) uint64_t direct_batch_many(struct direct *direct, void *caller, coop_paddr operations,
                                                            uint64_t count)
{
    int error = 0;
    uint64_t since = 0;
    if (!count)
        return 0;
    if (!direct_batch_is_readable(direct, operations, count * sizeof(struct coop_mmu_operation)))
        return (uint64_t)-COOP_EFAULT;
    const struct coop_mmu_operation *first = (const void *)(direct->map + operations), *at = first;
    const struct coop_mmu_operation *end = first + (count < direct->batch_limit ? count : direct->batch_limit);
    for (;;) {
        const struct coop_mmu_operation *until = end - at < CHUNK ? end : at + CHUNK;
        at = direct_batch_run(direct, caller, at, until, &error);
        if (error || at == first + count)
            break;
        if (at == end || direct->world.should_yield(caller, &since)) {
            error = COOP_EAGAIN;
            break;
        }
    }
    uint64_t done = (uint64_t)(at - first);
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

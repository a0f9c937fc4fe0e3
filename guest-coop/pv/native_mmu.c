/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mmu part for the bare machine: entries are written where they stand, frames are named by their
 * physical address, tables need no announcement.
 */
#include "pv/pv.h"
#include "memory/frame.h"
#include <coopvirt/x86.h>

static void native_mmu_pte_set(uint64_t *slot, uint64_t entry)
{
    __atomic_store_n(slot, entry, __ATOMIC_RELAXED);
}
static void native_mmu_pte_clear(uint64_t *slot, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        __atomic_store_n(&slot[i], 0, __ATOMIC_RELAXED);
}
static void native_mmu_root_load(coop_paddr root)
{
    x86_write_cr3(root);
}
static coop_paddr native_mmu_root_current(void)
{
    return x86_read_cr3() & X86_PTE_FRAME;
}
static void native_mmu_flush_page(uint64_t address)
{
    x86_invlpg((const void *)address);
}
static void native_mmu_flush_user(void)
{
    x86_write_cr3(x86_read_cr3());
}

/* APM vol. 2, "Translation-Lookaside Buffer: Explicit Invalidations": changing CR4.PGE flushes global pages too. */
static void native_mmu_flush_all(void)
{
    uint64_t cr4 = x86_read_cr4();
    x86_write_cr4(cr4 ^ X86_CR4_PGE);
    x86_write_cr4(cr4);
}

static coop_paddr native_mmu_table_born(unsigned level)
{
    (void)level;
    return frame_allocate_zeroed();
}
static bool native_mmu_table_died(coop_paddr table, unsigned level)
{
    (void)table, (void)level;
    return true;
}
static void native_mmu_batch_flush(void) {}

const struct pv_mmu_operations pv_native_mmu = {
    .name = "native",
    .pte_set = native_mmu_pte_set,
    .pte_clear = native_mmu_pte_clear,
    .root_load = native_mmu_root_load,
    .root_current = native_mmu_root_current,
    .flush_page = native_mmu_flush_page,
    .flush_user = native_mmu_flush_user,
    .flush_all = native_mmu_flush_all,
    .table_born = native_mmu_table_born,
    .table_died = native_mmu_table_died,
    .batch_flush = native_mmu_batch_flush,
};

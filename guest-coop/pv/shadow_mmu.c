/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mmu part of a kernel in ring 3 whose page tables the hypervisor shadows. User mode's root is the hypervisor's to
 * derive, and no page is global there: each flush of everything is the same.
 */
#include "pv/shadow_mmu.h"
#include "kernel/panic.h"
#include "pv/hypercall.h"

/* this CPU only */
static coop_paddr shadow_mmu_root;
static struct coop_mmu_operation shadow_mmu_operation __attribute__((aligned(16)));

static void shadow_mmu_root_load(coop_paddr root)
{
    if (hypercall(COOP_HYPERCALL_ROOT, root, 0, 0) != 0)
        panic("page-table root 0x%lx refused", root);
    shadow_mmu_root = root;
}

static coop_paddr shadow_mmu_root_current(void)
{
    return shadow_mmu_root;
}

static void shadow_mmu_flush_page(uint64_t address)
{
    shadow_mmu_operation.target = (address & ~0xffful) | COOP_MMU_FLUSH_PAGE;
    shadow_mmu_operation.value = 0;
    if (hypercall(COOP_HYPERCALL_MMU_BATCH, pv_image_address(&shadow_mmu_operation), 1, 0) != 1)
        panic("flush of 0x%lx refused", address);
}

static void shadow_mmu_flush_everything(void)
{
    shadow_mmu_root_load(shadow_mmu_root);
}

void shadow_mmu_start(struct pv_mmu_operations *mmu)
{
    shadow_mmu_root = pv_machine.start_info->root;
    mmu->name = "shadow";
    mmu->root_load = shadow_mmu_root_load;
    mmu->root_current = shadow_mmu_root_current;
    mmu->flush_page = shadow_mmu_flush_page;
    mmu->flush_user = shadow_mmu_flush_everything;
    mmu->flush_all = shadow_mmu_flush_everything;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Batches of operations on direct page tables.
 */
#ifndef MMU_DIRECT_BATCH_H
#define MMU_DIRECT_BATCH_H

#include "mmu/direct.h"

/* COOP_HYPERCALL_MMU_BATCH: what RAX becomes. `caller` is handed to the world. VM's lock held. */
uint64_t direct_batch(struct direct *direct, void *caller, coop_paddr operations, uint64_t count);

#endif

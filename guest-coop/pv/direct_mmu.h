/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page tables that are the CPU's and the hypervisor's to check: every change is an operation of
 * COOP_HYPERCALL_MMU_BATCH, put off to the end of its section (pv/pv.h).
 */
#ifndef PV_DIRECT_MMU_H
#define PV_DIRECT_MMU_H

#include "pv/pv.h"

/* Fills in the mmu part for the machine that pv_machine describes. */
void direct_mmu_start(struct pv_mmu_operations *mmu);

/* At most so many operations go in one hypercall: as many as the contract allows by default, 1: each by itself. */
void direct_mmu_limit(uint64_t operations);

#endif

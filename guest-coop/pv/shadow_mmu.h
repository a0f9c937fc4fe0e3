/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page tables that are this kernel's own, in ring 3: entries are written where they stand, as on the bare machine; what
 * takes a privileged instruction there goes by hypercall.
 */
#ifndef PV_SHADOW_MMU_H
#define PV_SHADOW_MMU_H

#include "pv/pv.h"

/* Takes the native part and replaces what ring 3 has not. */
void shadow_mmu_start(struct pv_mmu_operations *mmu);

#endif

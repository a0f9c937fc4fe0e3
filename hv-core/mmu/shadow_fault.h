/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page faults, the service's main entry.
 */
#ifndef MMU_SHADOW_FAULT_H
#define MMU_SHADOW_FAULT_H

#include "mmu/shadow.h"

/* A page fault while the shadow was walked. Sets accessed and dirty bits in the guest's tables. */
struct shadow_fault shadow_fault_handle(struct shadow *shadow, struct shadow_cpu *cpu, uint64_t linear,
                                        struct walker_access access);

#endif

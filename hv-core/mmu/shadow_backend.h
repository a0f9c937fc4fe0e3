/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shadow paging as an mmu service: what the exit rows ask of it. A VCPU is left with its new root and without old
 * translations when these return.
 */
#ifndef MMU_SHADOW_BACKEND_H
#define MMU_SHADOW_BACKEND_H

#include "mmu/mmu_backend.h"
#include "mmu/shadow.h"

struct vcpu;

extern const struct mmu_backend shadow_backend;

struct shadow_fault shadow_backend_fault(struct vcpu *vcpu, uint64_t linear, struct walker_access access);

/* The guest has written CR3. False without memory. */
bool shadow_backend_load_root(struct vcpu *vcpu, uint64_t cr3);

/* Writes a naturally aligned quadword of the guest's memory in its name. False where that cannot be written. */
bool shadow_backend_store(struct vcpu *vcpu, coop_paddr address, uint64_t value);

/* The bytes that the CPU has fetched at a linear address, as shadow_peek. */
const uint8_t *shadow_backend_peek(struct vcpu *vcpu, uint64_t linear);

void shadow_backend_invalidate(struct vcpu *vcpu, uint64_t linear);

/* Lets the guest write a frame that holds watched tables, by forgetting them. False when one of them is in use as a
 * root. */
bool shadow_backend_release(struct vcpu *vcpu, coop_paddr address);

#endif

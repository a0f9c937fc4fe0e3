/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Direct page tables as an mmu service: what hypercalls, cpu backends and the loader ask of it. VM's lock held, unless
 * said otherwise.
 */
#ifndef MMU_DIRECT_BACKEND_H
#define MMU_DIRECT_BACKEND_H

#include "mmu/direct.h"
#include "mmu/mmu_backend.h"

struct vcpu;

extern const struct mmu_backend direct_backend;

/* Loads a VCPU's roots: that of its kernel, and that of user mode (a deprivileged kernel's; else 0). Both hold a
 * reference until others are loaded; the kernel's is in vcpu->roots, among those that the CPU may load by itself. On
 * return vcpu->paging_root and vcpu->paging_root_user name them, and the cpu backend's hold() has been called with
 * is_root_changed if the VCPU runs here. 0, or COOP_EINVAL with nothing changed. */
int direct_root_load(struct vcpu *vcpu, coop_paddr kernel, coop_paddr user);

/* COOP_HYPERCALL_MMU_BATCH and COOP_HYPERCALL_ROOT: what RAX becomes. Take the VM's lock. */
uint64_t direct_backend_batch(struct vcpu *vcpu, coop_paddr operations, uint64_t count);
uint64_t direct_backend_root(struct vcpu *vcpu, coop_paddr kernel, coop_paddr user);

#endif

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

/* Loads a VCPU's roots: that of its kernel, and that of user mode (0: the same; only a deprivileged kernel has two).
 * Both hold a reference until others are loaded. vcpu->paging_root and vcpu->paging_root_user name them, and
 * translations that are not global are gone, when it returns (the cpu backend's hold() has been called if the VCPU runs
 * here). 0, or COOP_EINVAL with nothing changed. */
int direct_root_load(struct vcpu *vcpu, coop_paddr kernel, coop_paddr user);

/* A root that a cpu backend keeps loadable without an exit (VT-x's CR3-target list): a reference. direct_root_keep
 * gives 0 or COOP_EINVAL. When the guest frees such a table, vm->forget_root (which the cpu backend sets) is called: it
 * takes the root out of every VCPU's list and calls direct_root_drop for each. */
int direct_root_keep(struct vm *vm, coop_paddr root);
void direct_root_drop(struct vm *vm, coop_paddr root);

/* COOP_HYPERCALL_MMU_BATCH and COOP_HYPERCALL_ROOT: what RAX becomes. Take the VM's lock. */
uint64_t direct_backend_batch(struct vcpu *vcpu, coop_paddr operations, uint64_t count);
uint64_t direct_backend_root(struct vcpu *vcpu, coop_paddr kernel, coop_paddr user);

#endif

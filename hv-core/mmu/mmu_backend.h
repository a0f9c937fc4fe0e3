/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an mmu service does for core/: who owns the tables that the CPU walks. One struct of operations.
 */
#ifndef MMU_MMU_BACKEND_H
#define MMU_MMU_BACKEND_H

#include "core/vm_exit.h"
#include <coopvirt/abi.h>
#include <stdbool.h>

struct vcpu;
struct vm;

enum mmu_fault_outcome {
    MMU_FAULT_MAPPED,   /* go on */
    MMU_FAULT_DEVICE,   /* no memory there: the registry's affair */
    MMU_FAULT_READ_ONLY /* memory that this access may not write or execute */
};

struct mmu_backend {
    const char *name;
    unsigned vcpus_most; /* VCPUs that a VM on it can have */

    /* Tables for vm->memory. 0 or -errno. */
    int (*vm_create)(struct vm *vm);
    void (*vm_destroy)(struct vm *vm);

    /* A second-level fault. */
    enum mmu_fault_outcome (*fault)(struct vm *vm, const struct vm_exit_fault *fault);

    /* Changes what the guest may do with a range of its memory (enum nested_permission; 0 takes it away) and
     * flushes every CPU that may hold the old translation. Lock held. 0 or -errno. */
    int (*protect)(struct vm *vm, coop_paddr start, uint64_t bytes, unsigned permissions);

    /* The hypervisor has written CR0, CR3, CR4 or EFER in the guest's name. */
    void (*registers_changed)(struct vcpu *vcpu);

    /* The hypervisor has written guest memory in the guest's name: it may be a page table. */
    void (*written)(struct vcpu *vcpu, coop_paddr address, uint64_t bytes);

    /* Would a write there exit, memory though it is? NULL: never. */
    bool (*is_watched)(struct vcpu *vcpu, coop_paddr address);

    /* [address, address + bytes) as the hypervisor sees it, for a device's request that lasts: what is held for writing
     * is no page table until it is released with the same arguments. NULL when it is not contiguous memory of the VM
     * that may be accessed so. The writer calls written() nevertheless. VM's lock held. */
    void *(*hold)(struct vm *vm, coop_paddr address, uint64_t bytes, bool is_write);
    void (*release)(struct vm *vm, coop_paddr address, uint64_t bytes, bool is_write);

    /* The CPU has other tables than the guest's: whatever shows or changes CR3, CR0, CR4 or a translation exits. */
    bool hides_tables;

    /* Guest memory is named by machine addresses, and the guest's own tables are what the CPU walks. */
    bool is_direct;
};

extern const struct mmu_backend nested_backend;

#endif

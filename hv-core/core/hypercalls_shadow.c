/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypercalls of a deprivileged kernel that owns its page tables: loads of its root and flushes, which as
 * instructions would be general protection faults, to be decoded. Its entries it writes itself.
 */
#include "core/hypercall.h"
#include "core/report.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "mmu/shadow_backend.h"
#include <coopvirt/x86.h>

#define OPERATION_BITS  7ul
#define RANGE_EACH_MOST 32 /* pages that are flushed one by one */
#define OPERATIONS_MOST 64 /* that are carried out at a time */
#define OUT_OF_MEMORY   (-1)

/* 0, a COOP_E, or OUT_OF_MEMORY: the VM is to be stopped. User mode's root follows from the kernel's. */
static int hypercall_load(struct vcpu *vcpu, coop_paddr root, uint64_t user)
{
    if (user || root % X86_PAGE_BYTES || !guest_memory_pointer(&vcpu->vm->memory, root, X86_PAGE_BYTES, false))
        return COOP_EINVAL;
    vcpu->paging.cr3 = root;
    return shadow_backend_load_root(vcpu, root) ? 0 : OUT_OF_MEMORY;
}

static int hypercall_reload(struct vcpu *vcpu)
{
    return shadow_backend_load_root(vcpu, vcpu->paging.cr3) ? 0 : OUT_OF_MEMORY;
}

static int hypercall_flush_range(struct vcpu *vcpu, uint64_t linear, uint64_t pages)
{
    if (pages > RANGE_EACH_MOST)
        return hypercall_reload(vcpu);
    for (uint64_t i = 0; i < pages; i++)
        shadow_backend_invalidate(vcpu, linear + i * X86_PAGE_BYTES);
    return 0;
}

static int hypercall_operate(struct vcpu *vcpu, const struct coop_mmu_operation *operation)
{
    uint64_t target = operation->target & ~OPERATION_BITS, value = operation->value;
    bool is_elsewhere = value & ~(1ul << vcpu->number);
    switch (operation->target & OPERATION_BITS) {
    case COOP_MMU_ROOT:
        return hypercall_load(vcpu, target, value);
    case COOP_MMU_FLUSH_PAGE:
        return is_elsewhere ? COOP_EINVAL : hypercall_flush_range(vcpu, target, 1);
    case COOP_MMU_FLUSH_ALL:
        return is_elsewhere ? COOP_EINVAL : hypercall_reload(vcpu);
    case COOP_MMU_FLUSH_RANGE:
        return hypercall_flush_range(vcpu, target, value);
    default:
        return COOP_EINVAL;
    }
}

static enum vm_action hypercall_out_of_memory(struct vcpu *vcpu)
{
    report_stop(vcpu, VM_STOP_BAD_ACCESS, "there is no memory for shadow tables");
    return VM_STOP;
}

static enum vm_action hypercall_root(struct vcpu *vcpu)
{
    int error = hypercall_load(vcpu, vcpu->general[REGISTER_RDI], vcpu->general[REGISTER_RSI]);
    return error == OUT_OF_MEMORY ? hypercall_out_of_memory(vcpu) : hypercall_return(vcpu, -(uint64_t)error);
}

static enum vm_action hypercall_mmu_batch(struct vcpu *vcpu)
{
    coop_paddr at = vcpu->general[REGISTER_RDI];
    uint64_t count = vcpu->general[REGISTER_RSI], done = 0;
    struct coop_mmu_operation operation;
    int error = 0;
    if (at % sizeof(operation) || count > COOP_MMU_BATCH_MOST)
        return hypercall_return(vcpu, (uint64_t)-COOP_EINVAL);
    while (done < count && !error) {
        if (done == OPERATIONS_MOST)
            error = COOP_EAGAIN;
        else if (!guest_memory_read(&vcpu->vm->memory, at + done * sizeof(operation), &operation, sizeof(operation)))
            error = COOP_EFAULT;
        else
            error = hypercall_operate(vcpu, &operation);
        done += !error;
    }
    account_batch(&vcpu->account, (uint32_t)done);
    if (error == OUT_OF_MEMORY)
        return hypercall_out_of_memory(vcpu);
    return hypercall_return(vcpu,
                            error == COOP_EFAULT && !done ? (uint64_t)-COOP_EFAULT : done | (uint64_t)error << 32);
}

hypercall *const hypercalls_shadow[COOP_HYPERCALL_COUNT] = {
    HYPERCALL_ROW(COOP_HYPERCALL_MMU_BATCH) = hypercall_mmu_batch,
    HYPERCALL_ROW(COOP_HYPERCALL_ROOT) = hypercall_root,
};

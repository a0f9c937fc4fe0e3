/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypercalls of direct page tables: what a kernel does to its tables, and what of it is recorded.
 */
#include "core/hypercall.h"
#include "core/vcpu.h"
#include "mmu/direct_backend.h"

static enum vm_action hypercall_mmu_batch(struct vcpu *vcpu)
{
    uint64_t result = direct_backend_batch(vcpu, vcpu->general[REGISTER_RDI], vcpu->general[REGISTER_RSI]);
    account_batch(&vcpu->account, (uint32_t)result);
    return result >> 32 ? hypercall_return(vcpu, result) : hypercall_answer(vcpu, result);
}

static enum vm_action hypercall_root(struct vcpu *vcpu)
{
    uint64_t result = direct_backend_root(vcpu, vcpu->general[REGISTER_RDI], vcpu->general[REGISTER_RSI]);
    return hypercall_answer(vcpu, result);
}

hypercall *const hypercalls_direct[COOP_HYPERCALL_COUNT] = {
    HYPERCALL_ROW(COOP_HYPERCALL_MMU_BATCH) = hypercall_mmu_batch,
    HYPERCALL_ROW(COOP_HYPERCALL_ROOT) = hypercall_root,
};

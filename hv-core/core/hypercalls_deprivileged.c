/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calls of a kernel that has no ring 0: what it would have done by instructions. Its return is served by the cpu
 * backend itself.
 */
#include "core/hypercall.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "cpu/deprivileged/deprivileged_guest.h"
#include <coopvirt/mutation.h>

static enum vm_action hypercall_result(struct vcpu *vcpu, bool is_ok)
{
    return hypercall_return(vcpu, is_ok ? 0 : (uint64_t)-COOP_EINVAL);
}

static enum vm_action hypercall_traps(struct vcpu *vcpu)
{
    struct coop_traps traps;
    if (!guest_memory_read(&vcpu->vm->memory, vcpu->general[REGISTER_RDI], &traps, sizeof(traps)))
        return hypercall_return(vcpu, (uint64_t)-COOP_EFAULT);
    bool is_ok = (traps.size == sizeof(traps) && traps.reserved == 0) || MUTATED(deprivileged_traps_size);
    return hypercall_result(vcpu, is_ok && deprivileged_guest_set_traps(vcpu, &traps));
}

static enum vm_action hypercall_segment_base(struct vcpu *vcpu)
{
    const uint64_t *general = vcpu->general;
    return hypercall_result(vcpu, deprivileged_guest_set_base(vcpu, general[REGISTER_RDI], general[REGISTER_RSI]));
}

static enum vm_action hypercall_fpu(struct vcpu *vcpu)
{
    uint64_t wanted = vcpu->general[REGISTER_RDI];
    if (wanted <= 1)
        deprivileged_guest_set_fpu_trap(vcpu, wanted);
    return hypercall_result(vcpu, wanted <= 1);
}

static enum vm_action hypercall_debug_register(struct vcpu *vcpu)
{
    const uint64_t *general = vcpu->general;
    return hypercall_result(vcpu,
                            deprivileged_guest_set_debug_register(vcpu, general[REGISTER_RDI], general[REGISTER_RSI]));
}

hypercall *const hypercalls_deprivileged[COOP_HYPERCALL_COUNT] = {
    HYPERCALL_ROW(COOP_HYPERCALL_TRAPS) = hypercall_traps,
    HYPERCALL_ROW(COOP_HYPERCALL_SEGMENT_BASE) = hypercall_segment_base,
    HYPERCALL_ROW(COOP_HYPERCALL_FPU) = hypercall_fpu,
    HYPERCALL_ROW(COOP_HYPERCALL_DEBUG_REGISTER) = hypercall_debug_register,
};

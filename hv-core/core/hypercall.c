/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hypercall dispatch: from guest kernel mode only, since VMMCALL exits from user mode too.
 */
#include "core/hypercall.h"
#include "core/vcpu.h"

struct hypercall_row {
    const char *name;
    uint64_t (*call)(struct vcpu *vcpu);
};

static uint64_t hypercall_version(struct vcpu *vcpu)
{
    (void)vcpu;
    return COOP_ABI_VERSION;
}

static const struct hypercall_row hypercall_rows[COOP_HYPERCALL_COUNT] = {
    [COOP_HYPERCALL_VERSION - COOP_HYPERCALL_FIRST] = {"version", hypercall_version},
};

const char *hypercall_name(unsigned index)
{
    return hypercall_rows[index].name;
}

enum vm_action hypercall_handle(struct vcpu *vcpu, const struct vm_exit *exit)
{
    uint64_t index = vcpu->general[REGISTER_RAX] - COOP_HYPERCALL_FIRST;
    uint64_t result;

    if (exit->cpl != 0) {
        result = (uint64_t)-COOP_EPERM;
    } else if (index >= COOP_HYPERCALL_COUNT) {
        result = (uint64_t)-COOP_ENOSYS;
    } else {
        vcpu->account.hypercalls[index]++;
        result = hypercall_rows[index].call(vcpu);
    }
    vcpu->general[REGISTER_RAX] = result;
    return VM_SKIP;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a CPU needs to run a kernel in ring 3 (SYSCALL's MSRs, the way out of traps), and a VCPU's state.
 * APM vol. 2, "SYSCALL and SYSRET", "SYSENTER and SYSEXIT (Legacy Mode Only)".
 */
#include "cpu/deprivileged/deprivileged.h"
#include "machine/descriptor.h"
#include "machine/fpu.h"
#include "machine/trap.h"
#include <coopvirt/error.h>
#include <coopvirt/mutation.h>
#include <coopvirt/x86.h>
#include <coopvirt/x86_instructions.h>

_Static_assert(sizeof(struct deprivileged_vcpu) <= X86_PAGE_BYTES, "one frame");
_Static_assert(DESCRIPTOR_USER_CODE == COOP_SELECTOR_USER_CODE && DESCRIPTOR_USER_DATA == COOP_SELECTOR_USER_DATA,
               "what frames show of user mode is what the CPU has");

/* Cleared in RFLAGS by SYSCALL. */
#define SETUP_SYSCALL_MASK                                                                                             \
    (X86_FLAGS_IF | X86_FLAGS_TF | X86_FLAGS_DF | X86_FLAGS_NT | X86_FLAGS_AC | X86_FLAGS_IOPL | X86_FLAGS_RF)

/* Every 64-bit CPU can. */
int deprivileged_probe(void)
{
    return 0;
}

/* SYSENTER without a code segment is a general protection fault, or no instruction at all; there is no 32-bit code that
 * could give the SYSCALL for which CSTAR stands. */
int deprivileged_start_cpu(void)
{
    uint64_t mask = MUTATED(deprivileged_syscall_mask) ? 0 : SETUP_SYSCALL_MASK;
    trap_user_entry = deprivileged_trap;
    trap_user_call = (uint64_t)deprivileged_system_call;
    x86_wrmsr(X86_MSR_EFER, x86_rdmsr(X86_MSR_EFER) | X86_EFER_SCE);
    x86_wrmsr(X86_MSR_STAR, (uint64_t)DESCRIPTOR_SYSRET_BASE << 48 | (uint64_t)DESCRIPTOR_CODE << 32);
    x86_wrmsr(X86_MSR_LSTAR, (uint64_t)deprivileged_system_call);
    x86_wrmsr(X86_MSR_CSTAR, 0);
    x86_wrmsr(X86_MSR_SFMASK, mask);
    x86_wrmsr(X86_MSR_SYSENTER_CS, 0);
    return 0;
}

int deprivileged_vcpu_create(struct vcpu *vcpu)
{
    coop_paddr frame = frame_allocate_zeroed(vm_owner(vcpu->vm));
    if (frame == FRAME_NONE)
        return -ENOMEM;
    struct deprivileged_vcpu *state = frame_address(frame);
    state->vcpu = vcpu;
    state->shared = &state->unshared;
    state->unshared.upcalls_masked = 1;
    state->rflags = DEPRIVILEGED_FLAGS_ALWAYS;
    state->dr6 = 0xffff0ff0;
    state->dr7 = 0x400;
    vcpu->backend = state;
    vcpu->vm->features |= COOP_FEATURE_DEPRIVILEGED;
    vcpu->xcr0 = fpu_allowed() ? fpu_allowed() : vcpu->xcr0; /* XGETBV and CPUID are raw in ring 3 */
    return 0;
}

void deprivileged_vcpu_destroy(struct vcpu *vcpu)
{
    if (!vcpu->backend)
        return;
    frame_free(frame_of_address(vcpu->backend), 1, vm_owner(vcpu->vm));
    vcpu->backend = 0;
}

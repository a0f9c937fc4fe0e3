/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The window for NMIs, which AMD-V lacks: from an NMI's delivery on IRET is intercepted, then executed as a single step
 * with every exception intercepted, so that nothing of that shows in the guest. When it has been executed, the next
 * NMI may come. A single step also ends an interrupt shadow. APM vol. 2, "IRET Intercept", "Interrupt Shadows".
 */
#include "cpu/svm/svm.h"
#include <coopvirt/x86.h>

void svm_nmi_block(struct svm_vcpu *svm)
{
    svm->is_nmi_blocked = true;
    svm->vmcb->control.intercepts |= VMCB_INTERCEPT_IRET;
}

static void svm_nmi_unblock(struct svm_vcpu *svm)
{
    svm->is_nmi_blocked = false;
    svm->vmcb->control.intercepts &= ~VMCB_INTERCEPT_IRET;
}

static void svm_nmi_begin_step(struct svm_vcpu *svm)
{
    struct vmcb *vmcb = svm->vmcb;
    svm->is_stepping = svm->has_orders = true;
    svm->step_exceptions = vmcb->control.intercept_exceptions;
    svm->step_rip = vmcb->save.rip;
    svm->step_flags = vmcb->save.rflags;
    svm->step_dr6 = vmcb->save.dr6;
    vmcb->save.dr6 &= ~X86_DR6_SINGLE_STEP;
    vmcb->control.intercept_exceptions = UINT32_MAX;
    vmcb->control.intercepts &= ~VMCB_INTERCEPT_IRET;
    vmcb->save.rflags |= X86_FLAGS_TF;
}

static void svm_nmi_end_step(struct svm_vcpu *svm)
{
    svm->is_stepping = false;
    svm->vmcb->control.intercept_exceptions = svm->step_exceptions;
    if (svm->is_nmi_blocked)
        svm->vmcb->control.intercepts |= VMCB_INTERCEPT_IRET;
}

/* Before the instruction. Elsewhere a start-up IPI has set all registers meanwhile. */
void svm_nmi_abandon_step(struct svm_vcpu *svm)
{
    struct vmcb_save *save = &svm->vmcb->save;
    svm_nmi_end_step(svm);
    if (save->rip != svm->step_rip)
        return;
    save->rflags = svm->step_flags;
    save->dr6 |= svm->step_dr6 & X86_DR6_SINGLE_STEP;
}

bool svm_nmi_window(struct vcpu *vcpu)
{
    struct svm_vcpu *svm = svm_of(vcpu);
    if (vcpu->events.is_new)
        svm_nmi_unblock(svm);
    vcpu->events.is_new = false;
    if (!svm->is_nmi_blocked && !svm->is_stepping && svm->vmcb->control.interrupt_shadow & 1)
        svm_nmi_begin_step(svm);
    return !svm->is_nmi_blocked && !svm->is_stepping;
}

/* The instruction has been executed: its trap is ours, unless the guest steps too, or watches what it touched. */
static void svm_nmi_step_done(struct svm_vcpu *svm, struct vm_exit *exit)
{
    struct vmcb *vmcb = svm->vmcb;
    bool has_own_flags = svm->is_nmi_blocked; /* IRET has loaded them */
    svm_nmi_unblock(svm);
    svm_nmi_end_step(svm);
    if (svm->step_flags & X86_FLAGS_TF)
        return;
    if (!has_own_flags)
        vmcb->save.rflags &= ~(uint64_t)X86_FLAGS_TF;
    vmcb->save.dr6 ^= (vmcb->save.dr6 ^ svm->step_dr6) & X86_DR6_SINGLE_STEP;
    if (!((vmcb->save.dr6 ^ svm->step_dr6) & X86_DR6_BREAKPOINTS))
        exit->reason = VM_EXIT_INTERRUPT_WINDOW;
}

/* It has not, and is tried again behind whatever this exit is; an exception that exits for the step's sake only is the
 * guest's. */
static void svm_nmi_step_failed(struct vcpu *vcpu)
{
    struct svm_vcpu *svm = svm_of(vcpu);
    struct vm_exit *exit = &vcpu->exit;
    svm_nmi_abandon_step(svm);
    if (exit->reason == VM_EXIT_PAGE_FAULT && !(svm->step_exceptions & 1u << X86_VECTOR_PF)) {
        event_raise_page_fault(&vcpu->events, exit->page_fault.linear, exit->page_fault.error_code);
        exit->reason = VM_EXIT_INTERRUPT_WINDOW;
    }
}

/* Bochs 2.7 does not book the step in DR6 before the intercept: there RIP must tell. APM vol. 2, "#DB (Debug)". */
static bool svm_nmi_is_step_done(const struct svm_vcpu *svm, const struct vm_exit *exit)
{
    const struct vmcb_save *save = &svm->vmcb->save;
    return exit->reason == VM_EXIT_EXCEPTION && exit->exception.vector == X86_VECTOR_DB &&
           (save->dr6 & X86_DR6_SINGLE_STEP || save->rip != svm->step_rip);
}

/* After each exit while NMIs are blocked or the last entry was for a step. */
void svm_nmi_after_exit(struct vcpu *vcpu)
{
    struct svm_vcpu *svm = svm_of(vcpu);
    struct vm_exit *exit = &vcpu->exit;
    if (svm->is_stepping) {
        if (svm_nmi_is_step_done(svm, exit))
            svm_nmi_step_done(svm, exit);
        else
            svm_nmi_step_failed(vcpu);
    } else if (exit->interrupted.kind == VM_EVENT_NMI) {
        svm_nmi_unblock(svm); /* its delivery will be tried again */
    } else if ((uint32_t)svm->vmcb->control.exit_code == VMCB_EXIT_IRET) {
        svm_nmi_begin_step(svm);
    }
}

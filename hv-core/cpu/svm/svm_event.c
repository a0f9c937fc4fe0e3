/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Delivery of events: all of them by EVENTINJ. V_IRQ is used only as a doorbell: with its intercept set it exits
 * (VINTR) as soon as the guest could take an interrupt, and is never delivered by itself, since QEMU and Bochs report
 * an interrupted delivery of it wrongly. APM vol. 2, "Interrupt and Local APIC Support".
 */
#include "cpu/svm/svm.h"
#include <coopvirt/x86.h>
#include <coopvirt/x86_instructions.h>

void svm_inject(struct vcpu *vcpu, const struct vm_event *event)
{
    static const uint64_t types[] = {
        [VM_EVENT_INTERRUPT] = VMCB_EVENT_INTERRUPT,
        [VM_EVENT_NMI] = VMCB_EVENT_NMI,
        [VM_EVENT_EXCEPTION] = VMCB_EVENT_EXCEPTION,
    };
    if (svm_of(vcpu)->is_stepping)
        svm_nmi_abandon_step(svm_of(vcpu));
    if (event->kind == VM_EVENT_NMI)
        svm_nmi_block(svm_of(vcpu));
    uint64_t injection = VMCB_EVENT_VALID | types[event->kind] | event->vector;
    if (event->has_error_code)
        injection |= VMCB_EVENT_ERROR_VALID | (uint64_t)event->error_code << VMCB_EVENT_ERROR_SHIFT;
    if (vcpu->events.has_fault_address) {
        svm_of(vcpu)->vmcb->save.cr2 = vcpu->events.fault_address;
        x86_write_cr2(vcpu->events.fault_address); /* Bochs 2.7 ignores the control block's */
    }
    svm_of(vcpu)->vmcb->control.event_injection = injection;
    svm_of(vcpu)->injected = injection;
    svm_of(vcpu)->has_orders = true;
}

void svm_close_window(struct vmcb *vmcb)
{
    vmcb->control.virtual_interrupt &= ~(VMCB_V_IRQ | VMCB_V_PRIORITY | VMCB_V_IGNORE_TPR | VMCB_V_VECTOR);
    vmcb->control.intercepts &= ~VMCB_INTERCEPT_VINTR;
    vmcb->control.intercept_cr_writes &= (uint16_t)~VMCB_INTERCEPT_CR8;
}

/* What waits for the task priority to fall is told by the write to CR8. That is intercepted with the doorbell set too:
 * QEMU 7.2 ends itself by an assertion when a guest writes CR8 while V_IRQ is set. */
static bool svm_interrupt_window(struct vcpu *vcpu, uint8_t vector)
{
    struct vmcb *vmcb = svm_of(vcpu)->vmcb;
    bool is_masked = vector >> 4 <= (vmcb->control.virtual_interrupt & VMCB_V_TPR);
    svm_close_window(vmcb);
    if (vmcb->save.rflags & X86_FLAGS_IF && !(vmcb->control.interrupt_shadow & 1) && !is_masked)
        return true;
    if (!is_masked) {
        vmcb->control.virtual_interrupt |=
            VMCB_V_IRQ | VMCB_V_IGNORE_TPR | VMCB_V_PRIORITY | (uint64_t)vector << VMCB_V_VECTOR_SHIFT;
        vmcb->control.intercepts |= VMCB_INTERCEPT_VINTR;
    }
    vmcb->control.intercept_cr_writes |= VMCB_INTERCEPT_CR8;
    svm_of(vcpu)->has_orders = true;
    return false;
}

bool svm_window(struct vcpu *vcpu, enum vm_event_kind kind, uint8_t vector)
{
    return kind == VM_EVENT_NMI ? svm_nmi_window(vcpu) : svm_interrupt_window(vcpu, vector);
}

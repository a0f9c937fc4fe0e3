/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Delivery of events: by EVENTINJ; external interrupts by V_IRQ where the CPU needs that (svm_virq.c). Elsewhere V_IRQ
 * is a doorbell only: with its intercept set it exits (VINTR) as soon as the guest could take an interrupt, and is
 * never delivered by itself. APM vol. 2, "Interrupt and Local APIC Support".
 */
#include "cpu/svm/svm.h"
#include "cpu/svm/svm_virq.h"
#include <coopvirt/x86.h>
#include <coopvirt/x86_instructions.h>

static bool svm_can_interrupt(const struct vmcb *vmcb)
{
    return vmcb->save.rflags & X86_FLAGS_IF && !(vmcb->control.interrupt_shadow & 1);
}

/* The guest takes it at once. */
static void svm_inject_by_virq(struct svm_vcpu *svm, uint8_t vector)
{
    svm_virq_set(svm->vmcb, vector);
    svm->injected = VMCB_EVENT_VALID | VMCB_EVENT_INTERRUPT | vector;
    svm->is_virq_injected = svm->has_orders = true;
}

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
    if (event->kind == VM_EVENT_INTERRUPT && svm_of(vcpu)->has_virq && svm_can_interrupt(svm_of(vcpu)->vmcb)) {
        svm_inject_by_virq(svm_of(vcpu), event->vector);
        return;
    }
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

/* What waits for the task priority to fall is told by the write to CR8. That is intercepted with the doorbell set too:
 * QEMU 7.2 ends itself by an assertion when a guest writes CR8 while V_IRQ is set. */
static bool svm_interrupt_window(struct vcpu *vcpu, uint8_t vector)
{
    struct vmcb *vmcb = svm_of(vcpu)->vmcb;
    bool is_masked = vector >> 4 <= (vmcb->control.virtual_interrupt & VMCB_V_TPR);
    if (svm_of(vcpu)->is_virq_injected)
        return false; /* that one first: its exit closes the window */
    svm_virq_clear(vmcb);
    if (svm_can_interrupt(vmcb) && !is_masked)
        return true;
    if (!is_masked) {
        svm_virq_set(vmcb, vector);
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

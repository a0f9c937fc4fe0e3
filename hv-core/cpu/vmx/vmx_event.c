/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events: into the guest by the VM-entry interruption-information field; the windows at which it could take one; and
 * the host's own, which an exit has acknowledged. SDM vol. 3, "Event Injection", "Interrupt-Window Exiting and
 * Virtual-Interrupt Delivery".
 */
#include "cpu/vmx/vmx.h"
#include "machine/trap.h"
#include <coopvirt/x86.h>
#include <coopvirt/x86_instructions.h>

static void vmx_allow(uint32_t blocking)
{
    uint64_t state = vmx_read(VMCS_GUEST_INTERRUPTIBILITY);
    if (state & blocking)
        vmx_write(VMCS_GUEST_INTERRUPTIBILITY, state & ~(uint64_t)blocking);
}

void vmx_inject(struct vcpu *vcpu, const struct vm_event *event)
{
    static const uint32_t types[] = {
        [VM_EVENT_INTERRUPT] = VMX_EVENT_INTERRUPT,
        [VM_EVENT_NMI] = VMX_EVENT_NMI,
        [VM_EVENT_EXCEPTION] = VMX_EVENT_EXCEPTION,
    };
    uint32_t injection = VMX_EVENT_VALID | types[event->kind] | event->vector;
    if (vcpu->events.has_fault_address)
        x86_write_cr2(vcpu->events.fault_address);
    /* An exception in real mode has no error code. SDM vol. 3, "Checks on VM-Entry Control Fields". */
    if (event->has_error_code && vmx_read(VMCS_GUEST_CR0) & X86_CR0_PE) {
        injection |= VMX_EVENT_ERROR_VALID;
        vmx_write(VMCS_ENTRY_EXCEPTION_ERROR, event->error_code);
    }
    if (event->kind != VM_EVENT_EXCEPTION)
        vmx_allow(VMX_BLOCKING_STI | VMX_BLOCKING_MOV_SS | (event->kind == VM_EVENT_NMI ? VMX_BLOCKING_NMI : 0));
    vmx_write(VMCS_ENTRY_INTERRUPTION, injection);
}

#define VMX_WINDOWS (VMX_PRIMARY_INTERRUPT_WINDOW | VMX_PRIMARY_NMI_WINDOW)

static void vmx_set_window(struct vmx_vcpu *vmx, uint32_t watched, uint32_t threshold)
{
    uint32_t primary = (vmx->primary & ~VMX_WINDOWS) | watched;
    if (primary != vmx->primary)
        vmx_write(VMCS_PRIMARY_CONTROLS, primary);
    if (threshold != vmx->tpr_threshold)
        vmx_write(VMCS_TPR_THRESHOLD, threshold);
    vmx->primary = primary;
    vmx->tpr_threshold = threshold;
}

void vmx_close_window(struct vmx_vcpu *vmx)
{
    vmx_set_window(vmx, 0, 0);
}

static bool vmx_interrupt_window(struct vcpu *vcpu, uint8_t vector)
{
    struct vmx_vcpu *vmx = vmx_of(vcpu);
    bool is_masked = vector >> 4 <= vmx_task_priority(vmx);
    bool is_blocked = !(vmx_read(VMCS_GUEST_RFLAGS) & X86_FLAGS_IF) ||
                      vmx_read(VMCS_GUEST_INTERRUPTIBILITY) & (VMX_BLOCKING_STI | VMX_BLOCKING_MOV_SS);
    uint32_t other = vmx->primary & VMX_PRIMARY_NMI_WINDOW;
    /* The task priority falling below the vector's says when; after that, RFLAGS.IF. */
    vmx_set_window(vmx, other | (is_blocked && !is_masked ? VMX_PRIMARY_INTERRUPT_WINDOW : 0),
                   is_masked ? vector >> 4 : 0);
    return !is_blocked && !is_masked;
}

/* STI may hold NMIs back or not, and its shadow ends when an interrupt could come. SDM vol. 3, "Guest Non-Register
 * State", "NMI-Window Exiting". A CPU without virtual NMIs does not know when an NMI's handler is over: most run with
 * interrupts off, and IRET sets them on again. */
static bool vmx_nmi_window(struct vcpu *vcpu)
{
    struct vmx_vcpu *vmx = vmx_of(vcpu);
    if (vcpu->events.is_new)
        vmx_allow(VMX_BLOCKING_NMI);
    vcpu->events.is_new = false;
    uint64_t state = vmx_read(VMCS_GUEST_INTERRUPTIBILITY);
    bool is_blocked = state & (VMX_BLOCKING_STI | VMX_BLOCKING_MOV_SS | VMX_BLOCKING_NMI);
    uint32_t watched = VMX_PRIMARY_NMI_WINDOW;
    if (!vmx_controls.has_nmi_window) {
        is_blocked = is_blocked || !(vmx_read(VMCS_GUEST_RFLAGS) & X86_FLAGS_IF);
        watched = VMX_PRIMARY_INTERRUPT_WINDOW;
    } else if (state & VMX_BLOCKING_STI) {
        watched = VMX_PRIMARY_INTERRUPT_WINDOW;
    }
    vmx_set_window(vmx, (vmx->primary & VMX_PRIMARY_INTERRUPT_WINDOW) | (is_blocked ? watched : 0), vmx->tpr_threshold);
    return !is_blocked;
}

bool vmx_window(struct vcpu *vcpu, enum vm_event_kind kind, uint8_t vector)
{
    return kind == VM_EVENT_NMI ? vmx_nmi_window(vcpu) : vmx_interrupt_window(vcpu, vector);
}

void vmx_set_task_priority(struct vcpu *vcpu, uint8_t priority)
{
    struct vmx_vcpu *vmx = vmx_of(vcpu);
    vmx_set_window(vmx, vmx->primary & VMX_WINDOWS, 0); /* a threshold above it would not be entered with */
    vmx->virtual_apic[VMX_VIRTUAL_TPR] = (uint8_t)(priority << 4);
}

/* An interrupt that the exit acknowledged is handled as if it came now. An NMI has come, and blocks others until an
 * IRET (SDM vol. 3, "Other Causes of VM Exits"): raised again here, it is handled and unblocked. */
void vmx_take_host_event(uint32_t interruption)
{
    if (!(interruption & VMX_EVENT_VALID))
        return;
    if ((interruption & VMX_EVENT_TYPE) == VMX_EVENT_NMI)
        __asm__ volatile("int $2" : : : "memory");
    else if ((interruption & VMX_EVENT_TYPE) == VMX_EVENT_INTERRUPT)
        trap_handle(&(struct trap_frame){.vector = interruption & VMX_EVENT_VECTOR});
}

/*
 * What an exit by a fault leaves to be put right. An IRET that unblocked NMIs and then faulted will be executed again:
 * they are still blocked (SDM vol. 3, "Information About NMI Unblocking Due to IRET"). An NMI whose delivery the exit
 * interrupted has not come yet, so it blocks none. A single step that was pending
 * behind STI or MOV SS must still be pending ("Checks on Guest Non-Register State"). #DB has not been booked in DR6.
 */
void vmx_restore_blocking(uint32_t reason, uint32_t interruption, uint32_t vectoring, uint64_t qualification)
{
    bool is_exception = reason == VMX_REASON_EXCEPTION_OR_NMI, is_unblocked;
    uint64_t state = vmx_read(VMCS_GUEST_INTERRUPTIBILITY);
    if (is_exception)
        is_unblocked = interruption & VMX_EVENT_NMI_UNBLOCK && (interruption & VMX_EVENT_VECTOR) != X86_VECTOR_DF;
    else
        is_unblocked = reason == VMX_REASON_EPT_VIOLATION && qualification & VMX_EVENT_NMI_UNBLOCK;
    if (is_unblocked && !(vectoring & VMX_EVENT_VALID))
        vmx_write(VMCS_GUEST_INTERRUPTIBILITY, state | VMX_BLOCKING_NMI);
    if ((vectoring & (VMX_EVENT_VALID | VMX_EVENT_TYPE)) == (VMX_EVENT_VALID | VMX_EVENT_NMI))
        vmx_allow(VMX_BLOCKING_NMI);

    if (!is_exception || (interruption & (VMX_EVENT_TYPE | VMX_EVENT_VECTOR)) != (VMX_EVENT_EXCEPTION | X86_VECTOR_DB))
        return;
    uint64_t status;
    __asm__ volatile("mov %%db6, %0" : "=r"(status));
    __asm__ volatile("mov %0, %%db6" : : "r"(status | (qualification & 0xe00f)));
    if (state & (VMX_BLOCKING_STI | VMX_BLOCKING_MOV_SS) && vmx_read(VMCS_GUEST_RFLAGS) & X86_FLAGS_TF)
        vmx_write(VMCS_GUEST_PENDING_DEBUG, vmx_read(VMCS_GUEST_PENDING_DEBUG) | VMX_PENDING_DEBUG_STEP);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table gives the reason and what must be read for it; the reasons that carry details have a few lines each.
 */
#include "cpu/vmx/vmx_decode.h"
#include <coopvirt/x86.h>

#define ROW(reason, needs)                                                                                             \
    {                                                                                                                  \
        (reason) + 1, (needs)                                                                                          \
    }
#define LENGTH VMX_NEED_LENGTH
#define FAULT  (VMX_NEED_VECTORING | VMX_NEED_QUALIFICATION)

/* The length is that of the instruction only for exits by execution of one; only exits by a fault, or by a task switch,
 * can interrupt the delivery of an event. SDM vol. 3, "Information for VM Exits Due to Instruction Execution",
 * "Information for VM Exits That Occur During Event Delivery". */
const struct vmx_reason_row vmx_reason_rows[VMX_REASONS] = {
    [VMX_REASON_EXCEPTION_OR_NMI] = ROW(VM_EXIT_EXCEPTION, FAULT | VMX_NEED_INTERRUPTION),
    [VMX_REASON_INTERRUPT] = ROW(VM_EXIT_EXTERNAL_INTERRUPT, VMX_NEED_INTERRUPTION),
    [VMX_REASON_TRIPLE_FAULT] = ROW(VM_EXIT_TRIPLE_FAULT, 0),
    [VMX_REASON_INIT] = ROW(VM_EXIT_INIT, 0),
    [VMX_REASON_INTERRUPT_WINDOW] = ROW(VM_EXIT_INTERRUPT_WINDOW, 0),
    [VMX_REASON_NMI_WINDOW] = ROW(VM_EXIT_INTERRUPT_WINDOW, 0),
    [VMX_REASON_TASK_SWITCH] = ROW(VM_EXIT_TASK_SWITCH, FAULT),
    [VMX_REASON_CPUID] = ROW(VM_EXIT_CPUID, LENGTH),
    [VMX_REASON_GETSEC] = ROW(VM_EXIT_VIRTUALIZATION_INSTRUCTION, LENGTH),
    [VMX_REASON_HLT] = ROW(VM_EXIT_HLT, LENGTH | VMX_NEED_FLAGS),
    [VMX_REASON_INVD] = ROW(VM_EXIT_INVD, LENGTH),
    [VMX_REASON_INVLPG] = ROW(VM_EXIT_INVLPG, LENGTH | VMX_NEED_CODE),
    [VMX_REASON_RDPMC] = ROW(VM_EXIT_RDPMC, LENGTH),
    [VMX_REASON_RDTSC] = ROW(VM_EXIT_RDTSC, LENGTH),
    [VMX_REASON_VMCALL] = ROW(VM_EXIT_HYPERCALL, LENGTH | VMX_NEED_CPL),
    [VMX_REASON_VMCLEAR... VMX_REASON_VMXON] = ROW(VM_EXIT_VIRTUALIZATION_INSTRUCTION, LENGTH),
    [VMX_REASON_CR_ACCESS] = ROW(VM_EXIT_CR_ACCESS, LENGTH | VMX_NEED_QUALIFICATION | VMX_NEED_CODE),
    [VMX_REASON_DR_ACCESS] = ROW(VM_EXIT_DR_ACCESS, LENGTH | VMX_NEED_QUALIFICATION),
    [VMX_REASON_IO] = ROW(VM_EXIT_PORT_IO, LENGTH | VMX_NEED_QUALIFICATION),
    [VMX_REASON_RDMSR] = ROW(VM_EXIT_MSR_READ, LENGTH),
    [VMX_REASON_WRMSR] = ROW(VM_EXIT_MSR_WRITE, LENGTH),
    [VMX_REASON_MWAIT] = ROW(VM_EXIT_MWAIT, LENGTH),
    [VMX_REASON_MONITOR] = ROW(VM_EXIT_MONITOR, LENGTH),
    [VMX_REASON_PAUSE] = ROW(VM_EXIT_PAUSE, LENGTH),
    [VMX_REASON_TPR_THRESHOLD] = ROW(VM_EXIT_INTERRUPT_WINDOW, 0),
    [VMX_REASON_EPT_VIOLATION] = ROW(VM_EXIT_NESTED_FAULT, FAULT | VMX_NEED_GUEST_PHYSICAL),
    [VMX_REASON_EPT_MISCONFIGURED] = ROW(VM_EXIT_OTHER, VMX_NEED_VECTORING | VMX_NEED_GUEST_PHYSICAL),
    [VMX_REASON_INVEPT] = ROW(VM_EXIT_VIRTUALIZATION_INSTRUCTION, LENGTH),
    [VMX_REASON_RDTSCP] = ROW(VM_EXIT_RDTSC, LENGTH),
    [VMX_REASON_PREEMPTION_TIMER] = ROW(VM_EXIT_EXTERNAL_INTERRUPT, 0), /* the host's time is up, as by its timer */
    [VMX_REASON_INVVPID] = ROW(VM_EXIT_VIRTUALIZATION_INSTRUCTION, LENGTH),
    [VMX_REASON_WBINVD] = ROW(VM_EXIT_WBINVD, LENGTH),
    [VMX_REASON_XSETBV] = ROW(VM_EXIT_XSETBV, LENGTH | VMX_NEED_CPL),
    [VMX_REASON_VMFUNC] = ROW(VM_EXIT_VIRTUALIZATION_INSTRUCTION, LENGTH),
};

static enum vm_exit_reason vmx_reason(uint32_t reason)
{
    if (reason & VMX_REASON_ENTRY_FAILED)
        return VM_EXIT_ENTRY_FAILED;
    if (reason < VMX_REASONS && vmx_reason_rows[reason].reason)
        return (enum vm_exit_reason)(vmx_reason_rows[reason].reason - 1);
    return VM_EXIT_OTHER;
}

/*
 * The event whose delivery the exit interrupted. SDM vol. 3, "IDT-Vectoring Information Field". A software interrupt or
 * breakpoint (types 4 to 6) is executed again by itself, since RIP still points at it.
 */
static void vmx_decode_interrupted(const struct vmx_raw_exit *raw, struct vm_event *event)
{
    uint8_t kind = VM_EVENT_NONE;
    switch (raw->vectoring & VMX_EVENT_TYPE) {
    case VMX_EVENT_INTERRUPT:
        kind = VM_EVENT_INTERRUPT;
        break;
    case VMX_EVENT_NMI:
        kind = VM_EVENT_NMI;
        break;
    case VMX_EVENT_EXCEPTION:
        kind = VM_EVENT_EXCEPTION;
        break;
    default:
        break;
    }
    bool has_error = raw->vectoring & VMX_EVENT_ERROR_VALID;
    *event = (struct vm_event){kind, (uint8_t)raw->vectoring, has_error, has_error ? raw->vectoring_error : 0};
}

static void vmx_decode_port(const struct vmx_raw_exit *raw, struct vm_exit *exit)
{
    uint32_t info = (uint32_t)raw->qualification;
    exit->port = (struct vm_exit_port){
        .port = (uint16_t)(info >> VMX_IO_PORT_SHIFT),
        .bytes = (uint8_t)((info & VMX_IO_BYTES) + 1),
        .is_write = !(info & VMX_IO_IN),
        .is_string = info & VMX_IO_STRING,
        .is_repeated = info & VMX_IO_REPEATED,
    };
}

static void vmx_decode_fault(const struct vmx_raw_exit *raw, struct vm_exit *exit)
{
    uint64_t info = raw->qualification;
    exit->fault = (struct vm_exit_fault){
        .address = raw->guest_physical,
        .is_present = info & VMX_VIOLATION_PRESENT,
        .is_write = info & VMX_VIOLATION_WRITE,
        .is_fetch = info & VMX_VIOLATION_FETCH,
        .is_table_walk = info & VMX_VIOLATION_LINEAR && !(info & VMX_VIOLATION_TRANSLATED),
    };
}

/* Exceptions and NMIs have one exit reason between them. */
static void vmx_decode_exception(const struct vmx_raw_exit *raw, struct vm_exit *exit)
{
    uint8_t vector = (uint8_t)(raw->interruption & VMX_EVENT_VECTOR);
    bool has_error = raw->interruption & VMX_EVENT_ERROR_VALID;
    if ((raw->interruption & VMX_EVENT_TYPE) == VMX_EVENT_NMI) {
        exit->reason = VM_EXIT_NMI;
    } else if (vector == X86_VECTOR_PF) {
        exit->reason = VM_EXIT_PAGE_FAULT;
        exit->page_fault = (struct vm_exit_page_fault){raw->qualification, raw->interruption_error};
    } else {
        exit->exception =
            (struct vm_event){VM_EVENT_EXCEPTION, vector, has_error, has_error ? raw->interruption_error : 0};
    }
}

static void vmx_decode_control(const struct vmx_raw_exit *raw, struct vm_exit *exit)
{
    uint32_t info = (uint32_t)raw->qualification;
    if (exit->reason == VM_EXIT_DR_ACCESS)
        exit->control = (struct vm_exit_control){info & VMX_DEBUG_NUMBER, !(info & VMX_DEBUG_FROM)};
    else
        exit->control =
            (struct vm_exit_control){info & VMX_CONTROL_NUMBER, (info & VMX_CONTROL_TYPE) != VMX_CONTROL_FROM};
}

static void vmx_decode_details(const struct vmx_raw_exit *raw, struct vm_exit *exit)
{
    switch (exit->reason) {
    case VM_EXIT_PORT_IO:
        vmx_decode_port(raw, exit);
        break;
    case VM_EXIT_NESTED_FAULT:
        vmx_decode_fault(raw, exit);
        break;
    case VM_EXIT_EXCEPTION:
        vmx_decode_exception(raw, exit);
        break;
    case VM_EXIT_CR_ACCESS:
    case VM_EXIT_DR_ACCESS:
        vmx_decode_control(raw, exit);
        break;
    case VM_EXIT_HLT:
        exit->has_interrupts = raw->flags & X86_FLAGS_IF;
        break;
    default:
        break;
    }
}

void vmx_exit_decode(const struct vmx_raw_exit *raw, struct vm_exit *exit)
{
    unsigned needs = vmx_exit_needs(raw->reason);
    if (vmx_exit_is_plain(needs)) {
        vmx_exit_decode_plain(raw, exit);
        return;
    }
    exit->reason = vmx_reason(raw->reason);
    exit->cpl = 0;
    exit->task_priority = raw->task_priority;
    exit->is_long_code = needs & VMX_NEED_CODE && raw->code & VMX_SEGMENT_LONG;
    exit->rip = raw->rip;
    exit->next_rip = needs & VMX_NEED_LENGTH ? raw->rip + raw->length : 0;
    exit->interrupted.kind = VM_EVENT_NONE;
    if (needs & VMX_NEED_VECTORING && raw->vectoring & VMX_EVENT_VALID)
        vmx_decode_interrupted(raw, &exit->interrupted);
    vmx_decode_details(raw, exit);
}

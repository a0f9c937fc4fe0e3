/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table gives the reason; the reasons that carry details have a few lines each.
 */
#include "cpu/svm/svm_decode.h"
#include "cpu/svm/vmcb.h"
#include <coopvirt/x86.h>

/* What is not here is VM_EXIT_OTHER. */
static const uint8_t svm_reasons[VMCB_EXIT_CODES] = {
    [VMCB_EXIT_CR_READ... VMCB_EXIT_CR_WRITE + 15] = VM_EXIT_CR_ACCESS,
    [VMCB_EXIT_DR_READ... VMCB_EXIT_DR_WRITE + 15] = VM_EXIT_DR_ACCESS,
    [VMCB_EXIT_EXCEPTION... VMCB_EXIT_EXCEPTION + 31] = VM_EXIT_EXCEPTION,
    [VMCB_EXIT_INTR] = VM_EXIT_EXTERNAL_INTERRUPT,
    [VMCB_EXIT_NMI] = VM_EXIT_NMI,
    [VMCB_EXIT_INIT] = VM_EXIT_INIT,
    [VMCB_EXIT_VINTR] = VM_EXIT_INTERRUPT_WINDOW,
    [VMCB_EXIT_CR0_SELECTIVE] = VM_EXIT_CR_ACCESS,
    [VMCB_EXIT_RDTSC] = VM_EXIT_RDTSC,
    [VMCB_EXIT_RDPMC] = VM_EXIT_RDPMC,
    [VMCB_EXIT_CPUID] = VM_EXIT_CPUID,
    [VMCB_EXIT_IRET] = VM_EXIT_INTERRUPT_WINDOW, /* the end of an NMI's handler */
    [VMCB_EXIT_INVD] = VM_EXIT_INVD,
    [VMCB_EXIT_PAUSE] = VM_EXIT_PAUSE,
    [VMCB_EXIT_HLT] = VM_EXIT_HLT,
    [VMCB_EXIT_INVLPG] = VM_EXIT_INVLPG,
    [VMCB_EXIT_INVLPGA] = VM_EXIT_VIRTUALIZATION_INSTRUCTION,
    [VMCB_EXIT_IOIO] = VM_EXIT_PORT_IO,
    [VMCB_EXIT_MSR] = VM_EXIT_MSR_READ,
    [VMCB_EXIT_TASK_SWITCH] = VM_EXIT_TASK_SWITCH,
    [VMCB_EXIT_SHUTDOWN] = VM_EXIT_TRIPLE_FAULT,
    [VMCB_EXIT_VMRUN] = VM_EXIT_VIRTUALIZATION_INSTRUCTION,
    [VMCB_EXIT_VMMCALL] = VM_EXIT_HYPERCALL,
    [VMCB_EXIT_VMLOAD... VMCB_EXIT_SKINIT] = VM_EXIT_VIRTUALIZATION_INSTRUCTION,
    [VMCB_EXIT_RDTSCP] = VM_EXIT_RDTSC,
    [VMCB_EXIT_WBINVD] = VM_EXIT_WBINVD,
    [VMCB_EXIT_MONITOR] = VM_EXIT_MONITOR,
    [VMCB_EXIT_MWAIT] = VM_EXIT_MWAIT,
    [VMCB_EXIT_MWAIT_ARMED] = VM_EXIT_MWAIT,
    [VMCB_EXIT_XSETBV] = VM_EXIT_XSETBV,
    [VMCB_EXIT_RDPRU] = VM_EXIT_RDPMC,
};

static enum vm_exit_reason svm_reason(uint32_t code)
{
    if (code < VMCB_EXIT_CODES)
        return (enum vm_exit_reason)svm_reasons[code];
    if (code == VMCB_EXIT_NPF)
        return VM_EXIT_NESTED_FAULT;
    return code == VMCB_EXIT_INVALID ? VM_EXIT_ENTRY_FAILED : VM_EXIT_OTHER;
}

/*
 * The event whose delivery the exit interrupted. APM vol. 2, "EXITINTINFO". Bit 31 first: QEMU and Bochs leave stale
 * bits below it. An external interrupt or NMI counts only when it is the one that was injected at this entry: all of
 * ours are, while QEMU and Bochs report others wrongly (as an exception above 31, or with a stale type and vector). A
 * software interrupt or breakpoint is executed again by itself, since RIP still points at it.
 */
static void svm_decode_interrupted(const struct vmcb *vmcb, uint64_t injected, struct vm_event *event)
{
    uint64_t info = vmcb->control.exit_interrupt_info;
    uint8_t vector = (uint8_t)(info & VMCB_EVENT_VECTOR);
    bool was_injected = injected & VMCB_EVENT_VALID && !((injected ^ info) & (VMCB_EVENT_TYPE | VMCB_EVENT_VECTOR));
    uint8_t kind = VM_EVENT_NONE;

    if ((info & VMCB_EVENT_TYPE) == VMCB_EVENT_INTERRUPT && was_injected)
        kind = VM_EVENT_INTERRUPT;
    else if ((info & VMCB_EVENT_TYPE) == VMCB_EVENT_NMI && was_injected)
        kind = VM_EVENT_NMI;
    else if ((info & VMCB_EVENT_TYPE) == VMCB_EVENT_EXCEPTION && vector < 32 && vector != X86_VECTOR_BP &&
             vector != X86_VECTOR_OF)
        kind = VM_EVENT_EXCEPTION;
    *event = (struct vm_event){kind, vector, (info & VMCB_EVENT_ERROR_VALID) != 0,
                               (uint32_t)(info >> VMCB_EVENT_ERROR_SHIFT)};
}

static void svm_decode_port(const struct vmcb *vmcb, struct vm_exit *exit)
{
    uint32_t info = (uint32_t)vmcb->control.exit_info1;
    exit->port = (struct vm_exit_port){
        .port = (uint16_t)(info >> VMCB_IOIO_PORT_SHIFT),
        .bytes = (uint8_t)(info >> VMCB_IOIO_BYTES_SHIFT & VMCB_IOIO_BYTES_MASK),
        .is_write = !(info & VMCB_IOIO_IN),
        .is_string = info & VMCB_IOIO_STRING,
        .is_repeated = info & VMCB_IOIO_REPEATED,
    };
    /* IOIO gives the next RIP on every CPU. */
    exit->next_rip = vmcb->control.exit_info2;
}

static void svm_decode_fault(const struct vmcb *vmcb, struct vm_exit *exit)
{
    uint64_t info = vmcb->control.exit_info1;
    exit->fault = (struct vm_exit_fault){
        .address = vmcb->control.exit_info2,
        .is_present = info & X86_PF_PRESENT,
        .is_write = info & X86_PF_WRITE,
        .is_fetch = info & X86_PF_INSTRUCTION,
        .is_table_walk = info & VMCB_NPF_TABLE,
    };
}

static void svm_decode_exception(const struct vmcb *vmcb, struct vm_exit *exit)
{
    uint8_t vector = (uint8_t)(vmcb->control.exit_code - VMCB_EXIT_EXCEPTION);
    /* Vectors that push an error code: 8, 10-14, 17, 21, 29, 30. APM vol. 2, "Exceptions and Interrupts". */
    bool has_error = 0x60227d00u >> vector & 1;
    exit->exception =
        (struct vm_event){VM_EVENT_EXCEPTION, vector, has_error, has_error ? (uint32_t)vmcb->control.exit_info1 : 0};
    if (vector == X86_VECTOR_PF) {
        exit->reason = VM_EXIT_PAGE_FAULT;
        exit->page_fault = (struct vm_exit_page_fault){vmcb->control.exit_info2, (uint32_t)vmcb->control.exit_info1};
    }
}

static void svm_decode_control(const struct vmcb *vmcb, struct vm_exit *exit)
{
    uint32_t code = (uint32_t)vmcb->control.exit_code;
    bool is_selective = code == VMCB_EXIT_CR0_SELECTIVE;
    exit->control = (struct vm_exit_control){
        .number = is_selective ? 0 : code & 15,
        .is_write = is_selective || code & 0x10,
    };
}

static void svm_decode_details(const struct vmcb *vmcb, struct vm_exit *exit)
{
    switch (exit->reason) {
    case VM_EXIT_PORT_IO:
        svm_decode_port(vmcb, exit);
        break;
    case VM_EXIT_MSR_READ:
        if (vmcb->control.exit_info1)
            exit->reason = VM_EXIT_MSR_WRITE;
        break;
    case VM_EXIT_NESTED_FAULT:
        svm_decode_fault(vmcb, exit);
        break;
    case VM_EXIT_EXCEPTION:
        svm_decode_exception(vmcb, exit);
        break;
    case VM_EXIT_CR_ACCESS:
    case VM_EXIT_DR_ACCESS:
        svm_decode_control(vmcb, exit);
        break;
    case VM_EXIT_HLT:
        exit->has_interrupts = vmcb->save.rflags & X86_FLAGS_IF;
        break;
    default:
        break;
    }
}

void svm_exit_decode(const struct vmcb *vmcb, uint64_t injected, struct vm_exit *exit)
{
    exit->reason = svm_reason((uint32_t)vmcb->control.exit_code);
    exit->cpl = vmcb->save.cpl;
    exit->task_priority = vmcb->control.virtual_interrupt & 0x0f;
    exit->is_long_code = vmcb->save.cs.attributes & VMCB_SEGMENT_LONG;
    exit->rip = vmcb->save.rip;
    exit->next_rip = vmcb->control.next_rip; /* stays 0 where the CPU does not save it */
    exit->root = vmcb->save.cr3;
    exit->interrupted.kind = VM_EVENT_NONE;
    if (__builtin_expect(vmcb->control.exit_interrupt_info & VMCB_EVENT_VALID, 0))
        svm_decode_interrupted(vmcb, injected, &exit->interrupted);
    if (exit->reason == VM_EXIT_HYPERCALL)
        exit->next_rip = exit->rip + VMCB_VMMCALL_BYTES;
    else if (exit->reason != VM_EXIT_CPUID)
        svm_decode_details(vmcb, exit);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table gives the reason; the reasons that carry details have a few lines each.
 */
#include "cpu/svm/svm_decode.h"
#include "cpu/svm/vmcb.h"
#include <coopvirt/x86.h>

/* Reason + 1, so that a hole in the table is zero. */
#define ROW(reason) ((reason) + 1)

static const uint8_t svm_reasons[VMCB_EXIT_CODES] = {
    [VMCB_EXIT_CR_READ ... VMCB_EXIT_CR_WRITE + 15] = ROW(VM_EXIT_CR_ACCESS),
    [VMCB_EXIT_DR_READ ... VMCB_EXIT_DR_WRITE + 15] = ROW(VM_EXIT_DR_ACCESS),
    [VMCB_EXIT_EXCEPTION ... VMCB_EXIT_EXCEPTION + 31] = ROW(VM_EXIT_EXCEPTION),
    [VMCB_EXIT_INTR] = ROW(VM_EXIT_EXTERNAL_INTERRUPT),
    [VMCB_EXIT_NMI] = ROW(VM_EXIT_NMI),
    [VMCB_EXIT_SMI] = ROW(VM_EXIT_OTHER),
    [VMCB_EXIT_INIT] = ROW(VM_EXIT_INIT),
    [VMCB_EXIT_VINTR] = ROW(VM_EXIT_INTERRUPT_WINDOW),
    [VMCB_EXIT_CR0_SELECTIVE] = ROW(VM_EXIT_CR_ACCESS),
    [VMCB_EXIT_RDTSC] = ROW(VM_EXIT_RDTSC),
    [VMCB_EXIT_RDPMC] = ROW(VM_EXIT_RDPMC),
    [VMCB_EXIT_CPUID] = ROW(VM_EXIT_CPUID),
    [VMCB_EXIT_INVD] = ROW(VM_EXIT_INVD),
    [VMCB_EXIT_PAUSE] = ROW(VM_EXIT_PAUSE),
    [VMCB_EXIT_HLT] = ROW(VM_EXIT_HLT),
    [VMCB_EXIT_INVLPG] = ROW(VM_EXIT_INVLPG),
    [VMCB_EXIT_INVLPGA] = ROW(VM_EXIT_VIRTUALIZATION_INSTRUCTION),
    [VMCB_EXIT_IOIO] = ROW(VM_EXIT_PORT_IO),
    [VMCB_EXIT_MSR] = ROW(VM_EXIT_MSR_READ),
    [VMCB_EXIT_TASK_SWITCH] = ROW(VM_EXIT_TASK_SWITCH),
    [VMCB_EXIT_SHUTDOWN] = ROW(VM_EXIT_TRIPLE_FAULT),
    [VMCB_EXIT_VMRUN] = ROW(VM_EXIT_VIRTUALIZATION_INSTRUCTION),
    [VMCB_EXIT_VMMCALL] = ROW(VM_EXIT_HYPERCALL),
    [VMCB_EXIT_VMLOAD ... VMCB_EXIT_SKINIT] = ROW(VM_EXIT_VIRTUALIZATION_INSTRUCTION),
    [VMCB_EXIT_RDTSCP] = ROW(VM_EXIT_RDTSC),
    [VMCB_EXIT_WBINVD] = ROW(VM_EXIT_WBINVD),
    [VMCB_EXIT_MONITOR] = ROW(VM_EXIT_MONITOR),
    [VMCB_EXIT_MWAIT] = ROW(VM_EXIT_MWAIT),
    [VMCB_EXIT_MWAIT_ARMED] = ROW(VM_EXIT_MWAIT),
    [VMCB_EXIT_XSETBV] = ROW(VM_EXIT_XSETBV),
    [VMCB_EXIT_RDPRU] = ROW(VM_EXIT_RDPMC),
};

static enum vm_exit_reason svm_reason(uint32_t code)
{
    if (code < VMCB_EXIT_CODES && svm_reasons[code])
        return (enum vm_exit_reason)(svm_reasons[code] - 1);
    if (code == VMCB_EXIT_NPF)
        return VM_EXIT_NESTED_FAULT;
    return code == VMCB_EXIT_INVALID ? VM_EXIT_ENTRY_FAILED : VM_EXIT_OTHER;
}

/*
 * The event whose delivery the exit interrupted. APM vol. 2, "EXITINTINFO". Bit 31 first: QEMU and Bochs leave stale bits below
 * it. An external interrupt counts only when it is the one that was injected at this entry: all of ours are, while QEMU
 * and Bochs report others wrongly (as an exception above 31, or with a stale vector). A software interrupt or
 * breakpoint is executed again by itself, since RIP still points at it.
 */
static void svm_decode_interrupted(const struct svm_raw_exit *raw, struct vm_event *event)
{
    uint64_t info = raw->exit_interrupt_info;
    uint8_t vector = (uint8_t)(info & VMCB_EVENT_VECTOR);
    bool was_injected = raw->event_injection & VMCB_EVENT_VALID &&
                        !((raw->event_injection ^ info) & (VMCB_EVENT_TYPE | VMCB_EVENT_VECTOR));
    uint8_t kind = VM_EVENT_NONE;

    if ((info & VMCB_EVENT_TYPE) == VMCB_EVENT_INTERRUPT && was_injected)
        kind = VM_EVENT_INTERRUPT;
    else if ((info & VMCB_EVENT_TYPE) == VMCB_EVENT_NMI)
        kind = VM_EVENT_NMI;
    else if ((info & VMCB_EVENT_TYPE) == VMCB_EVENT_EXCEPTION && vector < 32 && vector != X86_VECTOR_BP &&
             vector != X86_VECTOR_OF)
        kind = VM_EVENT_EXCEPTION;
    *event = (struct vm_event){kind, vector, (info & VMCB_EVENT_ERROR_VALID) != 0,
                               (uint32_t)(info >> VMCB_EVENT_ERROR_SHIFT)};
}

static void svm_decode_port(const struct svm_raw_exit *raw, struct vm_exit *exit)
{
    uint32_t info = (uint32_t)raw->exit_info1;
    exit->port = (struct vm_exit_port){
        .port = (uint16_t)(info >> VMCB_IOIO_PORT_SHIFT),
        .bytes = (uint8_t)(info >> VMCB_IOIO_BYTES_SHIFT & VMCB_IOIO_BYTES_MASK),
        .is_write = !(info & VMCB_IOIO_IN),
        .is_string = info & VMCB_IOIO_STRING,
        .is_repeated = info & VMCB_IOIO_REPEATED,
    };
    /* IOIO gives the next RIP on every CPU. */
    exit->instruction_bytes = (uint8_t)(raw->exit_info2 - raw->rip);
}

static void svm_decode_fault(const struct svm_raw_exit *raw, struct vm_exit *exit)
{
    exit->fault = (struct vm_exit_fault){
        .address = raw->exit_info2,
        .is_present = raw->exit_info1 & X86_PF_PRESENT,
        .is_write = raw->exit_info1 & X86_PF_WRITE,
        .is_fetch = raw->exit_info1 & X86_PF_INSTRUCTION,
        .is_table_walk = raw->exit_info1 & VMCB_NPF_TABLE,
    };
}

static void svm_decode_exception(const struct svm_raw_exit *raw, struct vm_exit *exit)
{
    uint8_t vector = (uint8_t)(raw->exit_code - VMCB_EXIT_EXCEPTION);
    /* Vectors that push an error code: 8, 10-14, 17, 21, 29, 30. APM vol. 2, "Exceptions and Interrupts". */
    bool has_error = 0x60227d00u >> vector & 1;
    exit->exception =
        (struct vm_event){VM_EVENT_EXCEPTION, vector, has_error, has_error ? (uint32_t)raw->exit_info1 : 0};
    if (vector == X86_VECTOR_PF)
        exit->reason = VM_EXIT_PAGE_FAULT;
}

static void svm_decode_control(const struct svm_raw_exit *raw, struct vm_exit *exit)
{
    uint32_t code = (uint32_t)raw->exit_code;
    bool is_selective = code == VMCB_EXIT_CR0_SELECTIVE;
    exit->control = (struct vm_exit_control){
        .number = is_selective ? 0 : code & 15,
        .is_write = is_selective || code & 0x10,
    };
}

void svm_exit_decode(const struct svm_raw_exit *raw, struct vm_exit *exit)
{
    enum vm_exit_reason reason = svm_reason((uint32_t)raw->exit_code);
    exit->reason = reason;
    exit->cpl = raw->cpl;
    exit->task_priority = raw->virtual_interrupt & 0x0f;
    exit->is_long_code = raw->cs_attributes & VMCB_SEGMENT_LONG;
    exit->rip = raw->rip;
    exit->rflags = raw->rflags;
    exit->root = raw->cr3;
    exit->hardware_code = raw->exit_code;
    exit->hardware_detail[0] = raw->exit_info1;
    exit->hardware_detail[1] = raw->exit_info2;
    exit->instruction_bytes = raw->next_rip ? (uint8_t)(raw->next_rip - raw->rip) : 0;
    exit->interrupted.kind = VM_EVENT_NONE;
    if (__builtin_expect(raw->exit_interrupt_info & VMCB_EVENT_VALID, 0))
        svm_decode_interrupted(raw, &exit->interrupted);

    switch (reason) {
    case VM_EXIT_PORT_IO:
        svm_decode_port(raw, exit);
        break;
    case VM_EXIT_MSR_READ:
        if (raw->exit_info1)
            exit->reason = VM_EXIT_MSR_WRITE;
        break;
    case VM_EXIT_NESTED_FAULT:
        svm_decode_fault(raw, exit);
        break;
    case VM_EXIT_EXCEPTION:
        svm_decode_exception(raw, exit);
        break;
    case VM_EXIT_CR_ACCESS:
    case VM_EXIT_DR_ACCESS:
        svm_decode_control(raw, exit);
        break;
    default:
        break;
    }
}

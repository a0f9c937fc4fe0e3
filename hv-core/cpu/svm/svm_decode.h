/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a raw exit of AMD-V to the neutral struct vm_exit: a pure function of a snapshot, so that host tests feed it
 * recorded exits.
 */
#ifndef CPU_SVM_SVM_DECODE_H
#define CPU_SVM_SVM_DECODE_H

#include "core/vm_exit.h"
#include "cpu/svm/vmcb.h"
#include <stdbool.h>

/* The whole of an exit by VMMCALL that interrupted no delivery: few fields, since this is the way of each hypercall. */
static inline void svm_exit_decode_hypercall(const struct vmcb *vmcb, struct vm_exit *exit)
{
    uint64_t rip = vmcb->save.rip;
    exit->reason = VM_EXIT_HYPERCALL;
    exit->cpl = vmcb->save.cpl;
    exit->task_priority = vmcb->control.virtual_interrupt & 0x0f;
    exit->rip = rip;
    exit->next_rip = rip + VMCB_VMMCALL_BYTES;
    exit->interrupted.kind = VM_EVENT_NONE;
}

static inline bool svm_exit_is_hypercall(const struct vmcb *vmcb)
{
    return (uint32_t)vmcb->control.exit_code == VMCB_EXIT_VMMCALL &&
           !(vmcb->control.exit_interrupt_info & VMCB_EVENT_VALID);
}

/* `vmcb` as the exit left it; `injected` is the EVENTINJ of the entry before. */
void svm_exit_decode(const struct vmcb *vmcb, uint64_t injected, struct vm_exit *exit);

#endif

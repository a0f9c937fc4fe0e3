/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * V_IRQ: the doorbell of svm_event.c, and on QEMU the way of external interrupts. QEMU 7.2 keeps the vector that it has
 * delivered for EVENTINJ (cs->exception_index in svm_helper.c), and delivers it again, whatever RFLAGS.IF is, when its
 * instruction budget ends before the next exit. What V_IRQ delivers, it forgets. Bochs 2.7, on the other hand, does not
 * deliver V_IRQ to a guest that has IF set when it is entered. APM vol. 2, "Virtual Interrupts".
 */
#include "cpu/svm/svm_virq.h"

bool svm_virq_is_needed(uint32_t ebx, uint32_t ecx, uint32_t edx)
{
    const uint32_t name = 0x54474354; /* "TCGT", "CGTC", "GTCG" */
    return ebx == name && ecx == 0x43544743 && edx == 0x47435447;
}

/* QEMU tells of the delivery as of an exception, whatever the vector. */
void svm_virq_restore(const struct vmcb *vmcb, uint8_t vector, struct vm_exit *exit, struct event_queue *queue)
{
    const struct vm_event event = {.kind = VM_EVENT_INTERRUPT, .vector = vector};
    uint64_t info = vmcb->control.exit_interrupt_info;
    if (info & VMCB_EVENT_VALID && (info & VMCB_EVENT_VECTOR) == vector)
        exit->interrupted = event;
    else
        event_restore(queue, &event);
}

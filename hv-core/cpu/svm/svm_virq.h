/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * External interrupts by V_IRQ, for a CPU that keeps what EVENTINJ has delivered: pure, on a control block.
 */
#ifndef CPU_SVM_SVM_VIRQ_H
#define CPU_SVM_SVM_VIRQ_H

#include "core/event.h"
#include "core/vm_exit.h"
#include "cpu/svm/vmcb.h"
#include <stdbool.h>
#include <stdint.h>

/* Whether the software that makes this CPU, by CPUID 40000000h EBX, ECX and EDX, needs interrupts by V_IRQ. */
bool svm_virq_is_needed(uint32_t ebx, uint32_t ecx, uint32_t edx);

/* From the next entry on the guest has this interrupt pending, whatever its task priority. It exits when it writes
 * CR8. */
static inline void svm_virq_set(struct vmcb *vmcb, uint8_t vector)
{
    vmcb->control.virtual_interrupt |=
        VMCB_V_IRQ | VMCB_V_IGNORE_TPR | VMCB_V_PRIORITY | (uint64_t)vector << VMCB_V_VECTOR_SHIFT;
    vmcb->control.intercept_cr_writes |= VMCB_INTERCEPT_CR8; /* QEMU 7.2 ends itself by an assertion otherwise */
}

/* Nothing is pending, nor told of. */
static inline void svm_virq_clear(struct vmcb *vmcb)
{
    vmcb->control.virtual_interrupt &= ~(VMCB_V_IRQ | VMCB_V_PRIORITY | VMCB_V_IGNORE_TPR | VMCB_V_VECTOR);
    vmcb->control.intercepts &= ~VMCB_INTERCEPT_VINTR;
    vmcb->control.intercept_cr_writes &= (uint16_t)~VMCB_INTERCEPT_CR8;
}

/* The exit left this interrupt undelivered: `exit` tells of it if it cut the delivery short, else it goes to the
 * queue, beside what else the exit interrupted. */
void svm_virq_restore(const struct vmcb *vmcb, uint8_t vector, struct vm_exit *exit, struct event_queue *queue);

#endif

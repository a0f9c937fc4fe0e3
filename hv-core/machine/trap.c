/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens after an exception or interrupt has entered through trap.asm.
 */
#include "machine/trap.h"
#include "machine/apic.h"
#include "machine/apic_send.h"
#include "machine/console.h"
#include "machine/cpu.h"
#include "machine/panic.h"

#include <coopvirt/x86.h>

static void trap_interrupt(const struct trap_frame *frame)
{
    bool expired = true;

    switch (frame->vector) {
    case APIC_VECTOR_SERIAL:
        console_interrupt();
        break;
    case APIC_VECTOR_TIMER:
        expired = apic_timer_expired();
        break;
    case APIC_VECTOR_KICK:
        break;
    default:
        /* Spurious, of the local APIC or of a masked 8259: neither expects an end of interrupt. */
        return;
    }
    if (expired)
        cpu_current()->need_resched = true;
    apic_end_of_interrupt();
}

void trap_handle(struct trap_frame *frame)
{
    if (frame->vector >= TRAP_EXCEPTIONS) {
        trap_interrupt(frame);
        return;
    }
    if (frame->vector == X86_VECTOR_NMI && panic_has_begun())
        panic_halt();
    panic_exception(frame);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens after an exception or interrupt has entered through trap.asm.
 */
#include "machine/trap.h"
#include "machine/apic.h"
#include "machine/apic_send.h"
#include "machine/console.h"
#include "machine/cpu.h"
#include "machine/msr_try.h"
#include "machine/log.h"
#include "machine/panic.h"

#include <coopvirt/mutation.h>
#include <coopvirt/x86.h>

void (*trap_user_entry)(void);
uint64_t trap_user_call;

void trap_interrupt(unsigned vector)
{
    bool expired = true;

    switch (vector) {
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

static bool trap_is_tried(uint64_t rip)
{
    return rip == (uint64_t)msr_try_read_at || rip == (uint64_t)msr_try_write_at;
}

/* From another CPU that has panicked; or the machine's, of a button or of hardware that complains. It may come wherever
 * this CPU is, also with the log's lock held: told of later (trap_tell_nmis). */
static void trap_nmi(void)
{
    struct cpu *cpu = cpu_current();
    if (panic_has_begun())
        panic_halt();
    cpu->nmis++;
    cpu->need_resched = true;
}

void trap_tell_nmis(void)
{
    unsigned nmis = __atomic_exchange_n(&cpu_current()->nmis, 0, __ATOMIC_RELAXED);
    if (nmis)
        log_warning("the machine raised %u NMI%s: nobody here knows why", nmis, nmis > 1 ? "s" : "");
}

void trap_handle(struct trap_frame *frame)
{
    if (frame->vector >= TRAP_EXCEPTIONS) {
        trap_interrupt((unsigned)frame->vector);
        return;
    }
    if (frame->vector == X86_VECTOR_NMI) {
        trap_nmi();
        return;
    }
    if (frame->vector == X86_VECTOR_DB && frame->rip == trap_user_call && !MUTATED(machine_debug_at_call))
        return;
    if (frame->vector == X86_VECTOR_GP && trap_is_tried(frame->rip)) {
        frame->rip = (uint64_t)msr_try_failed;
        return;
    }
    panic_exception(frame);
}

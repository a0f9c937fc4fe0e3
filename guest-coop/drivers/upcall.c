/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor sets event bits and makes an upcall; the guest clears them before it handles them, so that an event
 * raised meanwhile is never lost.
 */
#include "drivers/upcall.h"
#include "kernel/cpu.h"
#include "pv/hypercall.h"
#include <stddef.h>

static struct coop_vcpu *upcall_vcpu;
static void (*upcall_handlers[COOP_EVENTS])(void);

void upcall_start(struct coop_vcpu *vcpu, bool deprivileged)
{
    upcall_vcpu = vcpu;
    __atomic_store_n(&vcpu->events_masked, ~0ull, __ATOMIC_SEQ_CST);
    if (!deprivileged)
        hypercall(COOP_HYPERCALL_UPCALL, VECTOR_UPCALL, 0, 0);
}

void upcall_register(unsigned event, void (*handler)(void))
{
    if (event >= COOP_EVENTS)
        return;
    upcall_handlers[event] = handler;
    __atomic_and_fetch(&upcall_vcpu->events_masked, ~(1ull << event), __ATOMIC_SEQ_CST);
}

bool upcall_dispatch(void)
{
    uint64_t seen = 0, due;

    do {
        __atomic_store_n(&upcall_vcpu->upcall_pending, 0, __ATOMIC_SEQ_CST);
        due = __atomic_load_n(&upcall_vcpu->events, __ATOMIC_SEQ_CST) & ~upcall_vcpu->events_masked;
        __atomic_and_fetch(&upcall_vcpu->events, ~due, __ATOMIC_SEQ_CST);
        seen |= due;
        for (uint64_t left = due; left; left &= left - 1) {
            void (*handler)(void) = upcall_handlers[__builtin_ctzll(left)];
            if (handler)
                handler();
        }
    } while (due);
    return seen & 1ull << COOP_EVENT_TIMER;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor sets event bits and makes an upcall; the guest clears them before it handles them, so that an event
 * raised meanwhile is never lost.
 */
#include "drivers/upcall.h"
#include "drivers/timer.h"
#include "kernel/cpu.h"
#include "pv/hypercall.h"
#include <coopvirt/x86_instructions.h>

static struct coop_vcpu *upcall_vcpu;
static bool upcall_needs_end;
static void (*upcall_handlers[COOP_EVENTS])(void);

void upcall_start(struct coop_vcpu *vcpu, uint32_t features)
{
    upcall_needs_end = features & COOP_FEATURE_UPCALL_END;
    upcall_vcpu = vcpu;
    __atomic_store_n(&vcpu->events_masked, ~0ull, __ATOMIC_SEQ_CST);
    if (!(features & COOP_FEATURE_DEPRIVILEGED))
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

void upcall_end(void)
{
    if (upcall_needs_end)
        hypercall(COOP_HYPERCALL_UPCALL_END, 0, 0, 0);
}

static uint64_t upcall_due(uint64_t masked)
{
    return __atomic_load_n(&upcall_vcpu->events, __ATOMIC_SEQ_CST) & ~masked;
}

/* All events are masked meanwhile: no upcall is made for what is found here. */
static bool upcall_await(uint32_t units)
{
    uint64_t begun = x86_rdtsc(), masked = upcall_vcpu->events_masked;
    __atomic_store_n(&upcall_vcpu->events_masked, ~0ull, __ATOMIC_SEQ_CST);
    while (!upcall_due(masked) && x86_rdtsc() - begun < units)
        x86_pause();
    __atomic_store_n(&upcall_vcpu->events_masked, masked, __ATOMIC_SEQ_CST);
    return upcall_due(masked);
}

bool upcall_poll(uint32_t units)
{
    if (!units)
        return false;
    bool is_due = upcall_await(units);
    upcall_vcpu->polls++;
    cpu_this()->idle_since = is_due ? 0 : x86_rdtsc(); /* looking is no idle time */
    if (!is_due)
        return false;
    upcall_vcpu->polls_awaited++;
    if (upcall_dispatch())
        timer_interrupt();
    return true;
}

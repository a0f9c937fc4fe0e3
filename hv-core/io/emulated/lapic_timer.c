/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC's timer: not a counter that is decremented, but the input tick at which it reaches zero, so
 * that any stretch of time costs the same and nothing drifts.
 */
#include "io/emulated/lapic_registers.h"

/* "Divide Configuration Register": bits 0, 1 and 3; 111 divides by one. */
static unsigned lapic_timer_shift(const struct lapic *lapic)
{
    unsigned code = (lapic->timer_divide & 3) | (lapic->timer_divide >> 1 & 4);
    return (code + 1) & 7;
}

static uint64_t lapic_timer_period(const struct lapic *lapic)
{
    return (uint64_t)lapic->timer_initial << lapic_timer_shift(lapic);
}

uint32_t lapic_timer_current(const struct lapic *lapic, uint64_t now)
{
    unsigned shift = lapic_timer_shift(lapic);

    if (lapic->timer_expires == LAPIC_NEVER || lapic->timer_expires <= now)
        return 0;
    return (uint32_t)((lapic->timer_expires - now + (1ull << shift) - 1) >> shift);
}

void lapic_timer_write_initial(struct lapic *lapic, uint32_t value, uint64_t now)
{
    lapic_advance(lapic, now);
    lapic->timer_initial = value;
    lapic->timer_expires = value ? now + lapic_timer_period(lapic) : LAPIC_NEVER;
}

void lapic_timer_write_divide(struct lapic *lapic, uint32_t value, uint64_t now)
{
    lapic_advance(lapic, now);
    uint32_t current = lapic_timer_current(lapic, now);

    lapic->timer_divide = value & 0xb;
    if (lapic->timer_expires != LAPIC_NEVER)
        lapic->timer_expires = now + ((uint64_t)current << lapic_timer_shift(lapic));
}

bool lapic_advance(struct lapic *lapic, uint64_t now)
{
    uint32_t entry = lapic->lvt[LAPIC_LVT_TIMER];

    if (lapic->timer_expires > now)
        return false;
    if (entry & LAPIC_TIMER_PERIODIC) {
        /* All periods that have passed make one interrupt: the request bit holds no more. */
        uint64_t period = lapic_timer_period(lapic), late = now - lapic->timer_expires;
        lapic->timer_expires += late < period ? period : (late / period + 1) * period;
    } else {
        lapic->timer_expires = LAPIC_NEVER;
    }
    if (entry & LAPIC_LVT_MASKED)
        return false;
    lapic_request(lapic, (uint8_t)entry, false);
    return true;
}

uint64_t lapic_deadline(const struct lapic *lapic)
{
    return lapic->lvt[LAPIC_LVT_TIMER] & LAPIC_LVT_MASKED ? LAPIC_NEVER : lapic->timer_expires;
}

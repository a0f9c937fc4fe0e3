/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tick on the local APIC timer, whose input clock is given, never measured. Where there is no APIC the
 * 8254 ticks a hundred times a second whatever was asked for.
 */
#include "drivers/timer.h"
#include "drivers/apic.h"
#include "drivers/irq.h"
#include "drivers/pic.h"
#include "kernel/clock.h"
#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/scheduler.h"
#include "kernel/timeout.h"

#define SLICE_NS       10000000ul
#define SHORTEST_COUNT 1000u
#define PIC_TICK_HERTZ 100u

static uint64_t timer_tick_tsc;
static uint64_t timer_apic_khz;
static bool timer_armed; /* tickless: a one-shot is on its way ... */
static uint64_t timer_armed_for;

static uint32_t timer_count(uint64_t tsc)
{
    uint64_t count = tsc * timer_apic_khz / clock_tsc_khz();
    if (count > UINT32_MAX)
        return UINT32_MAX;
    return count ? (uint32_t)count : 1;
}

void timer_start(uint64_t tick_tsc, uint64_t apic_timer_khz)
{
    timer_tick_tsc = tick_tsc;
    timer_apic_khz = apic_timer_khz;
    if (irq_apic_present()) {
        timer_resume();
        return;
    }
    if (tick_tsc == 0)
        log_line(LOG_WARNING, "no APIC: tickless operation is not possible, ticking at %u Hz", PIC_TICK_HERTZ);
    timer_tick_tsc = clock_tsc_khz() * 1000 / PIC_TICK_HERTZ;
    trap_irq_register(0, timer_interrupt);
    pic_tick_start(PIC_TICK_HERTZ);
}

void timer_want(uint64_t deadline_ns)
{
    if (timer_tick_tsc || (timer_armed && timer_armed_for <= deadline_ns))
        return;
    uint64_t now = clock_monotonic_ns();
    uint32_t count = SHORTEST_COUNT;
    if (deadline_ns > now)
        count = timer_count(clock_tsc_of_ns(deadline_ns - now) + 1);
    timer_armed = true;
    timer_armed_for = deadline_ns;
    apic_timer_once(count < SHORTEST_COUNT ? SHORTEST_COUNT : count);
}

void timer_want_slice(void)
{
    if (!timer_tick_tsc)
        timer_want(clock_monotonic_ns() + SLICE_NS);
}

void timer_interrupt(void)
{
    cpu_this()->counters.ticks++;
    timer_armed = false;
    timeout_run();
    scheduler_tick();
}

void timer_once(uint64_t tsc)
{
    apic_timer_once(timer_count(tsc));
}

void timer_resume(void)
{
    timer_armed = false;
    if (timer_tick_tsc)
        apic_timer_periodic(timer_count(timer_tick_tsc));
}

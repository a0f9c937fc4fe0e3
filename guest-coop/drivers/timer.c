/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When the timer is to interrupt: at each tick, or at the first deadline. Which timer that is, is pv.io's.
 */
#include "drivers/timer.h"
#include "kernel/clock.h"
#include "kernel/cpu.h"
#include "kernel/scheduler.h"
#include "kernel/timeout.h"
#include "pv/pv.h"

#define SLICE_NS 10000000ul

static uint64_t timer_tick_tsc;
static bool timer_armed; /* tickless: a one-shot is on its way ... */
static uint64_t timer_armed_for;

void timer_start(uint64_t tick_tsc, uint64_t timer_khz)
{
    timer_tick_tsc = pv.io.timer_start(tick_tsc, timer_khz);
    timer_resume();
}

void timer_want(uint64_t deadline_ns)
{
    if (timer_tick_tsc || (timer_armed && timer_armed_for <= deadline_ns))
        return;
    uint64_t now = clock_monotonic_ns();
    timer_armed = true;
    timer_armed_for = deadline_ns;
    pv.io.timer_set(deadline_ns > now ? clock_tsc_of_ns(deadline_ns - now) + 1 : 1, false);
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
    pv.io.timer_set(tsc, false);
}

void timer_resume(void)
{
    timer_armed = false;
    if (timer_tick_tsc)
        pv.io.timer_set(timer_tick_tsc, true);
}

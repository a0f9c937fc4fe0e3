/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TSC units become counts of the local APIC's timer.
 */
#include "drivers/pc_timer.h"
#include "drivers/apic.h"
#include "drivers/irq.h"
#include "drivers/pic.h"
#include "drivers/timer.h"
#include "kernel/clock.h"
#include "kernel/log.h"

#define SHORTEST_COUNT 1000u /* of a one-shot */
#define PIC_TICK_HERTZ 100u

static uint64_t pc_timer_apic_khz;

static uint32_t pc_timer_count(uint64_t tsc)
{
    uint64_t count = tsc * pc_timer_apic_khz / clock_tsc_khz();
    if (count > UINT32_MAX)
        return UINT32_MAX;
    return count ? (uint32_t)count : 1;
}

uint64_t pc_timer_start(uint64_t tick_tsc, uint64_t apic_timer_khz)
{
    pc_timer_apic_khz = apic_timer_khz;
    if (irq_apic_present())
        return tick_tsc;
    if (tick_tsc == 0)
        log_line(LOG_WARNING, "no APIC: tickless operation is not possible, ticking at %u Hz", PIC_TICK_HERTZ);
    trap_irq_register(0, timer_interrupt);
    pic_tick_start(PIC_TICK_HERTZ);
    return clock_tsc_khz() * 1000 / PIC_TICK_HERTZ;
}

void pc_timer_set(uint64_t tsc, bool periodic)
{
    if (!irq_apic_present())
        return;
    uint32_t count = pc_timer_count(tsc);
    if (periodic)
        apic_timer_periodic(count);
    else
        apic_timer_once(count < SHORTEST_COUNT ? SHORTEST_COUNT : count);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HPET main counter and ACPI PM timer as plain up-counters.
 */
#include "machine/reference_clock.h"
#include "machine/frame.h"

#include <coopvirt/acpi.h>
#include <coopvirt/x86_instructions.h>

#define FEMTOSECONDS_PER_SECOND 1000000000000000ul

static uint32_t reference_clock_hpet(const struct reference_clock *clock, unsigned offset)
{
    return *(volatile uint32_t *)(clock->memory + offset);
}

static bool reference_clock_start_hpet(coop_paddr address, struct reference_clock *clock)
{
    *clock = (struct reference_clock){.name = "measured by HPET", .mask = UINT32_MAX, .memory = frame_address(address)};
    uint32_t period = reference_clock_hpet(clock, HPET_CAPABILITIES + 4);

    if (!period || period > HPET_PERIOD_LIMIT)
        return false;
    clock->hz = FEMTOSECONDS_PER_SECOND / period;
    *(volatile uint32_t *)(clock->memory + HPET_CONFIGURATION) |= HPET_CONFIGURATION_ON;
    return true;
}

bool reference_clock_start(const struct acpi_info *acpi, struct reference_clock *clock)
{
    if (acpi->hpet && reference_clock_start_hpet(acpi->hpet, clock))
        return true;
    *clock = (struct reference_clock){
        .name = "measured by ACPI PM timer",
        .hz = ACPI_PM_TIMER_HZ,
        .mask = acpi->pm_timer_32bit ? 0xffffffff : 0xffffff,
        .port = acpi->pm_timer_port,
    };
    return acpi->pm_timer_port;
}

uint64_t reference_clock_read(const struct reference_clock *clock)
{
    if (clock->memory)
        return reference_clock_hpet(clock, HPET_COUNTER);
    return x86_in32(clock->port) & clock->mask;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HPET main counter, ACPI PM timer and counter 0 of the 8254 as plain up-counters.
 */
#include "machine/reference_clock.h"
#include "machine/frame.h"

#include <coopvirt/acpi.h>
#include <coopvirt/x86_instructions.h>

/* 8254 data sheet, "Control Word Format". */
#define PIT_HZ             1193182
#define PIT_COUNTER0       0x40
#define PIT_CONTROL        0x43
#define PIT_COUNTER0_RATE  0x34 /* low byte then high byte, mode 2; reload value 0 = 65536 */
#define PIT_COUNTER0_LATCH 0x00

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

static void reference_clock_start_pm_timer(const struct acpi_info *acpi, struct reference_clock *clock)
{
    *clock = (struct reference_clock){
        .name = "measured by ACPI PM timer",
        .hz = ACPI_PM_TIMER_HZ,
        .mask = acpi->pm_timer_32bit ? 0xffffffff : 0xffffff,
        .port = acpi->pm_timer_port,
    };
}

static void reference_clock_start_pit(struct reference_clock *clock)
{
    *clock = (struct reference_clock){.name = "measured by 8254", .hz = PIT_HZ, .mask = 0xffff, .port = PIT_COUNTER0};
    x86_out8(PIT_CONTROL, PIT_COUNTER0_RATE);
    x86_out8(PIT_COUNTER0, 0);
    x86_out8(PIT_COUNTER0, 0);
}

void reference_clock_start(const struct acpi_info *acpi, struct reference_clock *clock)
{
    if (acpi->hpet && reference_clock_start_hpet(acpi->hpet, clock))
        return;
    if (acpi->pm_timer_port)
        reference_clock_start_pm_timer(acpi, clock);
    else
        reference_clock_start_pit(clock);
}

static uint64_t reference_clock_read_pit(void)
{
    x86_out8(PIT_CONTROL, PIT_COUNTER0_LATCH);
    unsigned low = x86_in8(PIT_COUNTER0);
    return 0x10000 - (low | (unsigned)x86_in8(PIT_COUNTER0) << 8); /* it counts down */
}

uint64_t reference_clock_read(const struct reference_clock *clock)
{
    if (clock->memory)
        return reference_clock_hpet(clock, HPET_COUNTER);
    if (clock->port == PIT_COUNTER0)
        return reference_clock_read_pit();
    return x86_in32(clock->port) & clock->mask;
}

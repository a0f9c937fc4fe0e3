/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fixed ACPI hardware without an SMI: the machine is always in ACPI mode, and its only event is the timer's carry.
 */
#include "io/emulated/power.h"
#include <coopvirt/acpi.h>

#define EVENT_TIMER   0x0001
#define EVENT_ENABLES 0x0721 /* timer, global lock, power and sleep button, RTC */
#define TIMER_BITS    24
#define RESET_SYSTEM  0x02
#define RESET_CPU     0x04

void power_reset(struct power *power)
{
    *power = (struct power){.control = ACPI_PM1_SCI_ENABLE};
}

/* TMR_STS: set whenever the timer's highest bit changes. */
static void power_settle(struct power *power, uint64_t now)
{
    if (now >> (TIMER_BITS - 1) != power->now >> (TIMER_BITS - 1))
        power->status |= EVENT_TIMER;
    power->now = now;
}

uint32_t power_timer(uint64_t now)
{
    return (uint32_t)(now & ((1u << TIMER_BITS) - 1));
}

uint8_t power_read(struct power *power, unsigned offset, uint64_t now)
{
    const uint16_t registers[] = {0, power->enable, power->control};

    power_settle(power, now);
    uint16_t value = offset < 2 ? power->status : registers[offset / 2];
    return (uint8_t)(value >> (offset & 1 ? 8 : 0));
}

static enum power_effect power_write_control(struct power *power, uint16_t value)
{
    /* SCI_EN stays set; SLP_EN reads as zero. */
    power->control = (value & 7u << ACPI_PM1_SLEEP_TYPE_SHIFT) | ACPI_PM1_SCI_ENABLE;
    if (!(value & ACPI_PM1_SLEEP_ENABLE))
        return POWER_NOTHING;
    return (value >> ACPI_PM1_SLEEP_TYPE_SHIFT & 7) == POWER_SLEEP_TYPE_OFF ? POWER_OFF : POWER_NOTHING;
}

enum power_effect power_write(struct power *power, unsigned offset, uint8_t value, uint64_t now)
{
    unsigned shift = offset & 1 ? 8 : 0;
    uint16_t placed = (uint16_t)(value << shift), kept = (uint16_t)(0xff00 >> shift);

    power_settle(power, now);
    switch (offset / 2) {
    case 0: /* a one clears */
        power->status &= ~placed;
        return POWER_NOTHING;
    case 1:
        power->enable = ((power->enable & kept) | placed) & EVENT_ENABLES;
        return POWER_NOTHING;
    default:
        return power_write_control(power, (power->control & kept) | placed);
    }
}

/* The CPU is reset when bit 2 rises. */
enum power_effect power_write_reset(struct power *power, uint8_t value)
{
    bool rises = value & ~power->reset & RESET_CPU;

    power->reset = value & (RESET_SYSTEM | RESET_CPU);
    return rises ? POWER_RESET : POWER_NOTHING;
}

bool power_advance(struct power *power, uint64_t now)
{
    power_settle(power, now);
    return power->status & power->enable;
}

uint64_t power_deadline(const struct power *power)
{
    if (!(power->enable & EVENT_TIMER) || power->status & EVENT_TIMER)
        return POWER_NEVER;
    return ((power->now >> (TIMER_BITS - 1)) + 1) << (TIMER_BITS - 1);
}

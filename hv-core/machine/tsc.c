/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frequencies of TSC and local APIC timer: `tsc_khz=` and `lapic_khz=` of the command line.
 */
#include "machine/tsc.h"
#include "machine/log.h"
#include "machine/tsc_start.h"

#include <coopvirt/string.h>

/* Constant after start; 0 = unknown. */
static uint64_t tsc_frequency, apic_timer_frequency;

uint64_t tsc_khz(void)
{
    return tsc_frequency;
}

uint64_t apic_timer_khz(void)
{
    return apic_timer_frequency;
}

void tsc_start(const char *command_line)
{
    tsc_frequency = string_option_number(command_line, "tsc_khz", 0);
    apic_timer_frequency = string_option_number(command_line, "lapic_khz", 0);
    log_info("tsc: %lu kHz, local APIC timer: %lu kHz", (unsigned long)tsc_frequency,
             (unsigned long)apic_timer_frequency);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A clock of known frequency, to measure others by: HPET, else the ACPI PM timer.
 */
#ifndef MACHINE_REFERENCE_CLOCK_H
#define MACHINE_REFERENCE_CLOCK_H

#include "machine/acpi.h"

struct reference_clock {
    const char *name;
    uint64_t hz;
    uint64_t mask;            /* the counter's width */
    volatile uint8_t *memory; /* HPET registers, or */
    uint16_t port;            /* PM timer */
};

/* False when the machine has neither. */
bool reference_clock_start(const struct acpi_info *acpi, struct reference_clock *clock);

uint64_t reference_clock_read(const struct reference_clock *clock);

#endif

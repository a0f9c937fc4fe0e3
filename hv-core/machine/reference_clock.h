/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A clock of known frequency, to measure others by: HPET, else the ACPI PM timer, else the 8254.
 */
#ifndef MACHINE_REFERENCE_CLOCK_H
#define MACHINE_REFERENCE_CLOCK_H

#include "machine/acpi.h"

struct reference_clock {
    const char *name;
    uint64_t hz;
    uint64_t mask;            /* the counter's width */
    volatile uint8_t *memory; /* HPET registers, or */
    uint16_t port;            /* PM timer, or the 8254 */
};

/* Never fails: a machine without any of them has not booted by a PC's firmware. */
void reference_clock_start(const struct acpi_info *acpi, struct reference_clock *clock);

uint64_t reference_clock_read(const struct reference_clock *clock);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Switching the machine off, with a verdict where the machine can carry one.
 */
#ifndef MACHINE_POWER_H
#define MACHINE_POWER_H

#include <stdbool.h>
#include <stdint.h>

/* How ACPI powers off: write `value` to the 16-bit port. From FADT and _S5 once they have been read. */
void power_set_acpi(uint16_t port_a, uint16_t value_a, uint16_t port_b, uint16_t value_b);

/* Tries every way in turn; returns when none of them worked. */
void power_off(bool ok);

#endif

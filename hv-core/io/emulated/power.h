/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fixed ACPI hardware (ACPI specification 6.4, "ACPI Hardware Specification"): PM1a event and control registers, the
 * 24-bit power management timer, and the reset register 0xcf9. Time is ticks of 3.579545 MHz.
 */
#ifndef IO_EMULATED_POWER_H
#define IO_EMULATED_POWER_H

#include <stdbool.h>
#include <stdint.h>

/* Ports, as the FADT says; IRQ of the SCI. */
#define POWER_PORT_EVENT   0x600 /* status and enable, 2 bytes each */
#define POWER_PORT_CONTROL 0x604
#define POWER_PORT_TIMER   0x608
#define POWER_PORT_RESET   0xcf9
#define POWER_RESET_VALUE  0x06
#define POWER_IRQ          9
#define POWER_NEVER        UINT64_MAX

/* SLP_TYPa of the soft-off state, as \_S5 says. */
#define POWER_SLEEP_TYPE_OFF 5

struct power {
    uint16_t status, enable, control;
    uint8_t reset;
    uint64_t now; /* status is settled up to here */
};

enum power_effect { POWER_NOTHING, POWER_OFF, POWER_RESET };

void power_reset(struct power *power);

/* Bytes 0-5 from POWER_PORT_EVENT. */
uint8_t power_read(struct power *power, unsigned offset, uint64_t now);
enum power_effect power_write(struct power *power, unsigned offset, uint8_t value, uint64_t now);

uint32_t power_timer(uint64_t now);
enum power_effect power_write_reset(struct power *power, uint8_t value);

/* The level of the SCI. */
bool power_advance(struct power *power, uint64_t now);
uint64_t power_deadline(const struct power *power);

#endif

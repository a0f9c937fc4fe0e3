/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Power-off: emulators' exit ports first (QEMU's carries the verdict), then ACPI S5. On a machine that has none
 * of the ports the writes go nowhere.
 */
#include "machine/power.h"

#include <coopvirt/abi.h>
#include <coopvirt/x86_instructions.h>

#define POWER_BOCHS_PORT     0x8900 /* "Shutdown" ends Bochs, with status 1 whatever the verdict */
#define POWER_QEMU_PM1_PORT  0x604  /* PM1a control of QEMU's pc and q35 machines, where no table was read */
#define POWER_QEMU_PM1_VALUE 0x2000 /* SLP_EN, SLP_TYP 0 */

static struct {
    uint16_t port_a, value_a, port_b, value_b;
} power_acpi = {POWER_QEMU_PM1_PORT, POWER_QEMU_PM1_VALUE, 0, 0};

void power_set_acpi(uint16_t port_a, uint16_t value_a, uint16_t port_b, uint16_t value_b)
{
    power_acpi.port_a = port_a;
    power_acpi.value_a = value_a;
    power_acpi.port_b = port_b;
    power_acpi.value_b = value_b;
}

void power_off(bool ok)
{
    x86_out8(COOP_PORT_EXIT, ok ? COOP_EXIT_OK : COOP_EXIT_FAILED);
    for (const char *word = "Shutdown"; *word; word++)
        x86_out8(POWER_BOCHS_PORT, (uint8_t)*word);
    x86_out16(power_acpi.port_a, power_acpi.value_a);
    if (power_acpi.port_b)
        x86_out16(power_acpi.port_b, power_acpi.value_b);
}

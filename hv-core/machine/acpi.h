/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What hv-core wants to know from ACPI, in plain numbers. Pure: reads tables through a window, keeps no pointers.
 */
#ifndef MACHINE_ACPI_H
#define MACHINE_ACPI_H

#include "machine/cpu.h"
#include "machine/physical_window.h"

#define ACPI_ISA_IRQS 16
#define ACPI_IO_APICS 8

struct acpi_io_apic {
    coop_paddr address;
    uint32_t interrupt_base; /* global system interrupt of its first input */
};

struct acpi_interrupt {
    uint32_t number; /* global system interrupt */
    bool low, level; /* else active high, edge */
};

/* Zero where there is nothing. */
struct acpi_info {
    uint32_t apic_ids[CPU_LIMIT]; /* of the CPUs that can be started, the one that booted among them */
    unsigned cpu_count;
    unsigned cpus_beyond_limit;
    struct acpi_io_apic io_apics[ACPI_IO_APICS];
    unsigned io_apic_count;
    struct acpi_interrupt isa[ACPI_ISA_IRQS];

    coop_paddr hpet;
    uint16_t pm_timer_port;
    bool pm_timer_32bit;
    uint16_t serial_port; /* SPCR: a 16550 behind I/O ports */

    bool can_power_off;
    uint16_t pm1a_control, pm1b_control; /* pm1b 0 = none */
    uint8_t sleep_type_a, sleep_type_b;  /* of S5 */
};

/* Fills `info`; false when there is no RSDP at `rsdp`, or no MADT: then there is no more than one CPU. */
bool acpi_read(const struct physical_window *window, coop_paddr rsdp, struct acpi_info *info);

#endif

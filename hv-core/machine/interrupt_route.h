/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's device interrupts: 8259s and I/O APICs are silenced, one ISA interrupt may be routed through an I/O APIC.
 */
#ifndef MACHINE_INTERRUPT_ROUTE_H
#define MACHINE_INTERRUPT_ROUTE_H

#include "machine/acpi.h"

/* Masks both 8259s, and moves their spurious vectors away from the exceptions. */
void interrupt_route_silence_pic(void);

/* Masks every input of every I/O APIC. */
void interrupt_route_silence_io_apics(const struct acpi_info *acpi);

/* Delivers ISA interrupt `irq` to this CPU as `vector`; false when no I/O APIC has it. */
bool interrupt_route_isa(const struct acpi_info *acpi, unsigned irq, uint8_t vector);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC in either of its modes, as the firmware left it, and the I/O APIC. APM vol. 2, "Advanced
 * Programmable Interrupt Controller"; Intel 82093AA data sheet.
 */
#ifndef DRIVERS_APIC_H
#define DRIVERS_APIC_H

#include <stdbool.h>
#include <stdint.h>

/* False when the CPU has no local APIC: the caller stays with the 8259s. */
bool apic_start(void);

/* Routes an ISA interrupt to this CPU (edge, active high). */
void apic_irq_enable(unsigned irq);

void apic_end_of_interrupt(void);

/* The timer counts APIC clock units down, divided by one. */
void apic_timer_periodic(uint32_t count);
void apic_timer_once(uint32_t count);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC of this CPU: xAPIC or x2APIC behind one set of operations, whichever the firmware
 * left on.
 */
#ifndef MACHINE_APIC_H
#define MACHINE_APIC_H

#include <stdint.h>

/* Vectors that hv-core uses for itself. */
#define APIC_VECTOR_TIMER    0xf0
#define APIC_VECTOR_KICK     0xf1
#define APIC_VECTOR_SERIAL   0xf2 /* host COM1 input, through the I/O APIC or PIC */
#define APIC_VECTOR_SPURIOUS 0xff

uint32_t apic_id(void);
void apic_end_of_interrupt(void);

/* One timer interrupt when the TSC reaches `deadline_tsc` (at once if that has passed); replaces an earlier one. */
void apic_timer_arm(uint64_t deadline_tsc);
void apic_timer_disarm(void);

#endif

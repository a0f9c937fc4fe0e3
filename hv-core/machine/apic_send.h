/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting the local APICs, and interrupts from one CPU to another.
 */
#ifndef MACHINE_APIC_SEND_H
#define MACHINE_APIC_SEND_H

#include <stdbool.h>
#include <stdint.h>

/* Once, on the CPU that boots, after paging_start: keeps the firmware's choice of xAPIC or x2APIC. */
void apic_start(void);

/* Each CPU, for its own APIC. */
void apic_start_this(void);

/* Whether the APIC can be told apart by this ID: an xAPIC has 8 bits. */
bool apic_reaches(uint32_t apic_id);

void apic_send_fixed(uint32_t apic_id, uint8_t vector);
void apic_send_init(uint32_t apic_id);
void apic_send_startup(uint32_t apic_id, uint8_t page); /* real-mode start at page * 4096 */

/* Nothing before apic_start. */
void apic_send_nmi_to_others(void);

/* From APIC_VECTOR_TIMER: true when the deadline has been reached; otherwise (beyond the timer's width) it is armed
 * again. */
bool apic_timer_expired(void);

/* How many timer ticks pass per TSC tick; equal until this is called, or when one is 0. */
void apic_timer_set_ratio(uint64_t timer_frequency, uint64_t tsc_frequency);

/* Timer ticks between the two calls. */
void apic_timer_measure_begin(void);
uint32_t apic_timer_measure_end(void);

#endif

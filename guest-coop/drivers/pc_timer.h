/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The timer of a PC: the local APIC's, whose input clock is given, never measured. Where there is no APIC the
 * 8254 ticks a hundred times a second whatever was asked for.
 */
#ifndef DRIVERS_PC_TIMER_H
#define DRIVERS_PC_TIMER_H

#include <stdbool.h>
#include <stdint.h>

/* The tick that is possible, in TSC units: `tick_tsc`, or the 8254's, which is then on. */
uint64_t pc_timer_start(uint64_t tick_tsc, uint64_t apic_timer_khz);

/* An interrupt after so many TSC units, once or ever again. With a local APIC only. */
void pc_timer_set(uint64_t tsc, bool periodic);

#endif

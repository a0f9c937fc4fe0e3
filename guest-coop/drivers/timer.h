/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tick: periodic in TSC units, or one-shot for the next deadline when there is no tick.
 */
#ifndef DRIVERS_TIMER_H
#define DRIVERS_TIMER_H

#include <stdint.h>

/* Starts the tick: `tick=` of the command line in TSC units, 0 = none. */
void timer_start(uint64_t tick_tsc, uint64_t apic_timer_khz);

/* A deadline has become the first one: arms a one-shot unless the periodic tick will see to it. */
void timer_want(uint64_t deadline_ns);

/* No tick, and two processes want to run: a time slice from now. */
void timer_want_slice(void);

/* The timer's interrupt. */
void timer_interrupt(void);

/* One-shot after `tsc` units with the tick held back, for the nano operation; timer_resume starts the tick again. */
void timer_once(uint64_t tsc);
void timer_resume(void);

#endif

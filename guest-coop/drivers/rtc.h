/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CMOS clock, read once at boot. Motorola MC146818A data sheet, "Address Map".
 */
#ifndef DRIVERS_RTC_H
#define DRIVERS_RTC_H

#include <stdint.h>

/* Sets the kernel's clock of real time. */
void rtc_start(void);

/* Seconds since 1970 of a date in the proleptic Gregorian calendar; month and day from 1. Pure. */
uint64_t rtc_seconds(unsigned year, unsigned month, unsigned day, unsigned hour, unsigned minute, unsigned second);

#endif

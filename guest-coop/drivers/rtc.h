/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CMOS clock: the kernel's clock is set by it at boot, and programs may read and set it (drivers/rtc_device.h).
 * Motorola MC146818A data sheet, "Address Map".
 */
#ifndef DRIVERS_RTC_H
#define DRIVERS_RTC_H

#include <stdint.h>

/* Sets the kernel's clock of real time, and shows this one to programs. */
void rtc_start(void);

/* Seconds since 1970 of a date in the proleptic Gregorian calendar; month and day from 1. Pure. */
uint64_t rtc_seconds(unsigned year, unsigned month, unsigned day, unsigned hour, unsigned minute, unsigned second);

/* The same the other way round. Pure. */
struct rtc_date {
    unsigned year, month, day, hour, minute, second; /* month and day from 1 */
    unsigned day_of_week, day_of_year;               /* from Sunday and from January 1st, both 0 */
};
struct rtc_date rtc_date(uint64_t seconds);

#endif

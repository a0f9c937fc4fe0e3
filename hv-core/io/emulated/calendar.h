/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Seconds since 1970 UTC as date and time of day, and back (the proleptic Gregorian calendar).
 */
#ifndef IO_EMULATED_CALENDAR_H
#define IO_EMULATED_CALENDAR_H

#include <stdint.h>

struct calendar {
    int64_t year;
    unsigned month, day; /* from 1 */
    unsigned hour, minute, second;
    unsigned day_of_week; /* 0 = Sunday */
};

void calendar_from_seconds(struct calendar *calendar, int64_t seconds);

/* Fields beyond their range carry over, as in 31 April. day_of_week is not looked at. */
int64_t calendar_to_seconds(const struct calendar *calendar);

#endif

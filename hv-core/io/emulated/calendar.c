/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calendar arithmetic for the real-time clock: years are counted from March, so that the leap day is the last of its
 * year, in cycles of 400 years, after which the calendar repeats.
 */
#include "io/emulated/calendar.h"

#define DAY_SECONDS  86400
#define CYCLE_YEARS  400
#define CYCLE_DAYS   146097
#define DAYS_TO_1970 719468 /* from 1 March of year 0 */
#define THURSDAY     4      /* 1 January 1970 */

static int64_t calendar_floor_divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

/* Days from 1 March to the first of the month that many months later. */
static int64_t calendar_days_before(unsigned months)
{
    return (153 * (int64_t)months + 2) / 5;
}

static int64_t calendar_days_of_years(int64_t years)
{
    return years * 365 + years / 4 - years / 100 + years / 400;
}

void calendar_from_seconds(struct calendar *calendar, int64_t seconds)
{
    int64_t days = calendar_floor_divide(seconds, DAY_SECONDS);
    unsigned rest = (unsigned)(seconds - days * DAY_SECONDS);

    calendar->hour = rest / 3600;
    calendar->minute = rest / 60 % 60;
    calendar->second = rest % 60;
    calendar->day_of_week = (unsigned)(days + THURSDAY - 7 * calendar_floor_divide(days + THURSDAY, 7));

    days += DAYS_TO_1970;
    int64_t cycle = calendar_floor_divide(days, CYCLE_DAYS);
    int64_t day = days - cycle * CYCLE_DAYS;
    /* A first guess, too large by at most one where leap days have added up. */
    int64_t year = day / 365;
    while (calendar_days_of_years(year) > day)
        year--;
    day -= calendar_days_of_years(year);
    unsigned month = (unsigned)((5 * day + 2) / 153);
    calendar->day = (unsigned)(day - calendar_days_before(month)) + 1;
    calendar->month = month < 10 ? month + 3 : month - 9;
    calendar->year = cycle * CYCLE_YEARS + year + (month >= 10);
}

int64_t calendar_to_seconds(const struct calendar *calendar)
{
    unsigned month = calendar->month >= 1 && calendar->month <= 12 ? calendar->month : 1;
    int64_t year = calendar->year - (month <= 2);
    int64_t cycle = calendar_floor_divide(year, CYCLE_YEARS);
    int64_t days = cycle * CYCLE_DAYS + calendar_days_of_years(year - cycle * CYCLE_YEARS) +
                   calendar_days_before(month > 2 ? month - 3 : month + 9) + (int64_t)calendar->day - 1 - DAYS_TO_1970;

    return days * DAY_SECONDS + (int64_t)calendar->hour * 3600 + (int64_t)calendar->minute * 60 + calendar->second;
}

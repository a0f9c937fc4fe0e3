/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calendar arithmetic for the CMOS clock, apart from its ports so that the host can test it.
 */
#include "drivers/rtc.h"

/* Days before each month of a year without leap day. */
static const uint16_t rtc_days[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};

static uint64_t rtc_leap_days(uint64_t year)
{
    return year / 4 - year / 100 + year / 400;
}

uint64_t rtc_seconds(unsigned year, unsigned month, unsigned day, unsigned hour, unsigned minute, unsigned second)
{
    if (month < 1 || month > 12 || year < 1970)
        return 0;
    uint64_t days =
        (uint64_t)(year - 1970) * 365 + rtc_leap_days(year - 1) - rtc_leap_days(1969) + rtc_days[month - 1] + day - 1;
    if (month > 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
        days++;
    return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

struct rtc_date rtc_date(uint64_t seconds)
{
    uint64_t days = seconds / 86400;
    struct rtc_date date = {
        .year = 1970,
        .month = 1,
        .hour = (unsigned)(seconds / 3600 % 24),
        .minute = (unsigned)(seconds / 60 % 60),
        .second = (unsigned)(seconds % 60),
        .day_of_week = (unsigned)((days + 4) % 7), /* the first was a Thursday */
    };
    date.year += (unsigned)(days / 366); /* not beyond it, and near */
    while (rtc_seconds(date.year + 1, 1, 1, 0, 0, 0) <= seconds)
        date.year++;
    date.day_of_year = (unsigned)(days - rtc_seconds(date.year, 1, 1, 0, 0, 0) / 86400);
    while (date.month < 12 && rtc_seconds(date.year, date.month + 1, 1, 0, 0, 0) <= seconds)
        date.month++;
    date.day = (unsigned)(days - rtc_seconds(date.year, date.month, 1, 0, 0, 0) / 86400) + 1;
    return date;
}

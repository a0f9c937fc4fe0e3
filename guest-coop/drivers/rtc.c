/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads date and time twice until both readings agree, outside an update.
 */
#include "drivers/rtc.h"
#include "drivers/rtc_device.h"
#include "kernel/clock.h"
#include "pv/pv.h"
#include <coopvirt/string.h>

#define RTC_INDEX       0x70
#define RTC_DATA        0x71
#define RTC_SECOND      0x00
#define RTC_MINUTE      0x02
#define RTC_HOUR        0x04
#define RTC_DAY_OF_WEEK 0x06
#define RTC_DAY         0x07
#define RTC_MONTH       0x08
#define RTC_YEAR        0x09
#define RTC_STATUS_A    0x0a
#define RTC_STATUS_B    0x0b
#define RTC_UPDATING    0x80 /* of A */
#define RTC_SETTING     0x80 /* of B */
#define RTC_BINARY      0x04
#define RTC_24_HOURS    0x02
#define RTC_PM          0x80
#define RTC_TRIES       1000
#define NS_PER_SECOND   1000000000ul

struct rtc_reading {
    uint8_t second, minute, hour, day, month, year;
};

static uint8_t rtc_read(uint8_t index)
{
    pv.io.port_write8(RTC_INDEX, index);
    return pv.io.port_read8(RTC_DATA);
}

static void rtc_write(uint8_t index, uint8_t value)
{
    pv.io.port_write8(RTC_INDEX, index);
    pv.io.port_write8(RTC_DATA, value);
}

static struct rtc_reading rtc_read_once(void)
{
    for (unsigned i = 0; i < RTC_TRIES && (rtc_read(RTC_STATUS_A) & RTC_UPDATING); i++)
        x86_pause();
    return (struct rtc_reading){rtc_read(RTC_SECOND), rtc_read(RTC_MINUTE), rtc_read(RTC_HOUR),
                                rtc_read(RTC_DAY),    rtc_read(RTC_MONTH),  rtc_read(RTC_YEAR)};
}

static unsigned rtc_number(uint8_t value, bool binary)
{
    return binary ? value : (value >> 4) * 10u + (value & 15);
}

static uint8_t rtc_digits(unsigned value, bool binary)
{
    return (uint8_t)(binary ? value : value / 10 << 4 | value % 10);
}

static uint64_t rtc_clock_seconds(void)
{
    struct rtc_reading first, second = rtc_read_once();
    do {
        first = second;
        second = rtc_read_once();
    } while (memcmp(&first, &second, sizeof(first)) != 0);
    uint8_t status = rtc_read(RTC_STATUS_B);
    bool binary = status & RTC_BINARY;
    unsigned hour = rtc_number(first.hour & (uint8_t)~RTC_PM, binary);
    if (!(status & RTC_24_HOURS)) {
        hour %= 12;
        if (first.hour & RTC_PM)
            hour += 12;
    }
    return rtc_seconds(2000 + rtc_number(first.year, binary), rtc_number(first.month, binary),
                       rtc_number(first.day, binary), hour, rtc_number(first.minute, binary),
                       rtc_number(first.second, binary));
}

/* In the form that the clock has already; it stands still meanwhile. */
static void rtc_clock_set(uint64_t seconds)
{
    struct rtc_date date = rtc_date(seconds);
    uint8_t status = rtc_read(RTC_STATUS_B);
    bool binary = status & RTC_BINARY;
    uint8_t hour = rtc_digits(date.hour, binary);
    if (!(status & RTC_24_HOURS))
        hour = rtc_digits(date.hour % 12 ? date.hour % 12 : 12, binary) | (date.hour >= 12 ? RTC_PM : 0);
    rtc_write(RTC_STATUS_B, status | RTC_SETTING);
    rtc_write(RTC_SECOND, rtc_digits(date.second, binary));
    rtc_write(RTC_MINUTE, rtc_digits(date.minute, binary));
    rtc_write(RTC_HOUR, hour);
    rtc_write(RTC_DAY_OF_WEEK, rtc_digits(date.day_of_week + 1, binary));
    rtc_write(RTC_DAY, rtc_digits(date.day, binary));
    rtc_write(RTC_MONTH, rtc_digits(date.month, binary));
    rtc_write(RTC_YEAR, rtc_digits(date.year % 100, binary));
    rtc_write(RTC_STATUS_B, status & (uint8_t)~RTC_SETTING);
}

void rtc_start(void)
{
    static const struct rtc_clock clock = {.seconds = rtc_clock_seconds, .set = rtc_clock_set};
    clock_set_realtime_ns(rtc_clock_seconds() * NS_PER_SECOND);
    rtc_device_start(&clock);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads date and time twice until both readings agree, outside an update.
 */
#include "drivers/rtc.h"
#include "kernel/clock.h"
#include "pv/pv.h"
#include <coopvirt/string.h>

#define RTC_INDEX     0x70
#define RTC_DATA      0x71
#define RTC_SECOND    0x00
#define RTC_MINUTE    0x02
#define RTC_HOUR      0x04
#define RTC_DAY       0x07
#define RTC_MONTH     0x08
#define RTC_YEAR      0x09
#define RTC_STATUS_A  0x0a
#define RTC_STATUS_B  0x0b
#define RTC_UPDATING  0x80
#define RTC_BINARY    0x04
#define RTC_24_HOURS  0x02
#define RTC_PM        0x80
#define RTC_TRIES     1000
#define NS_PER_SECOND 1000000000ul

struct rtc_reading {
    uint8_t second, minute, hour, day, month, year;
};

static uint8_t rtc_read(uint8_t index)
{
    pv.io.port_write8(RTC_INDEX, index);
    return pv.io.port_read8(RTC_DATA);
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

void rtc_start(void)
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
    uint64_t seconds = rtc_seconds(2000 + rtc_number(first.year, binary), rtc_number(first.month, binary),
                                   rtc_number(first.day, binary), hour, rtc_number(first.minute, binary),
                                   rtc_number(first.second, binary));
    clock_set_realtime_ns(seconds * NS_PER_SECOND);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the MC146818 clock of a PC, once.
 */
#include "core/realtime.h"
#include <coopvirt/x86_instructions.h>
#include <stdbool.h>

#define CMOS_INDEX      0x70
#define CMOS_DATA       0x71
#define CMOS_SECOND     0
#define CMOS_MINUTE     2
#define CMOS_HOUR       4
#define CMOS_DAY        7
#define CMOS_MONTH      8
#define CMOS_YEAR       9
#define CMOS_STATUS_A   10
#define CMOS_STATUS_B   11
#define STATUS_A_BUSY   0x80
#define STATUS_B_24H    0x02
#define STATUS_B_BINARY 0x04
#define HOUR_PM         0x80

int64_t realtime_seconds(unsigned year, unsigned month, unsigned day, unsigned hour, unsigned minute, unsigned second)
{
    static const unsigned days_before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    unsigned last = month > 2 ? year : year - 1; /* the last year whose leap day lies behind */
    int64_t days =
        (int64_t)(year - 1970) * 365 + (last / 4 - last / 100 + last / 400) - 477 + days_before[month - 1] + day - 1;
    return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

static unsigned realtime_register(uint8_t index)
{
    x86_out8(CMOS_INDEX, index);
    return x86_in8(CMOS_DATA);
}

static unsigned realtime_value(unsigned raw, bool is_binary)
{
    return is_binary ? raw : (raw >> 4) * 10 + (raw & 15);
}

int64_t realtime_read(void)
{
    for (unsigned i = 0; i < 100000 && realtime_register(CMOS_STATUS_A) & STATUS_A_BUSY; i++)
        x86_pause();
    unsigned status = realtime_register(CMOS_STATUS_B);
    bool is_binary = status & STATUS_B_BINARY;
    unsigned raw_hour = realtime_register(CMOS_HOUR);
    unsigned hour = realtime_value(raw_hour & ~HOUR_PM, is_binary);
    if (!(status & STATUS_B_24H))
        hour = hour % 12 + (raw_hour & HOUR_PM ? 12 : 0);
    unsigned month = realtime_value(realtime_register(CMOS_MONTH), is_binary);
    unsigned day = realtime_value(realtime_register(CMOS_DAY), is_binary);
    if (month < 1 || month > 12 || day < 1 || day > 31)
        return 0;
    return realtime_seconds(2000 + realtime_value(realtime_register(CMOS_YEAR), is_binary), month, day, hour,
                            realtime_value(realtime_register(CMOS_MINUTE), is_binary),
                            realtime_value(realtime_register(CMOS_SECOND), is_binary));
}

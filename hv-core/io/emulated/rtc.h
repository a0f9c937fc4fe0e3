/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CMOS memory and real-time clock (Motorola MC146818A): date and time, alarm, periodic and update-ended interrupts, and
 * 114 bytes in which a PC's firmware leaves its memory size. Time is ticks of the 32.768 kHz crystal.
 */
#ifndef IO_EMULATED_RTC_H
#define IO_EMULATED_RTC_H

#include <stdbool.h>
#include <stdint.h>

#define RTC_HZ    32768u
#define RTC_NEVER UINT64_MAX
#define RTC_BYTES 128

struct rtc {
    uint8_t memory[RTC_BYTES]; /* 0-9 and 0x32: valid while the clock is held; A-D: as last written */
    uint8_t index;             /* port 0x70, without bit 7 */
    bool is_nmi_masked;        /* port 0x70, bit 7 */
    bool is_held;              /* SET or the divider chain held: time stands in `memory` */
    uint8_t day_of_week_shift; /* what was written, against the calendar */
    int64_t seconds;           /* since 1970, at tick `base` */
    uint64_t base;             /* a tick at which a second begins */
    uint64_t now;              /* flags are settled up to here */
    uint8_t flags;             /* register C, without IRQF */
};

/* `seconds` since 1970 UTC at tick 0; the memory size goes to where PC firmware puts it. */
void rtc_reset(struct rtc *rtc, int64_t seconds, uint64_t memory_bytes);

/* Ports 0x70 and 0x71. */
uint8_t rtc_read(struct rtc *rtc, unsigned offset, uint64_t now);
void rtc_write(struct rtc *rtc, unsigned offset, uint8_t value, uint64_t now);

/* The interrupt line at `now`. */
bool rtc_advance(struct rtc *rtc, uint64_t now);

/* The tick at which the line may rise next, or RTC_NEVER. */
uint64_t rtc_deadline(const struct rtc *rtc);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The MC146818A: nothing ticks, time of day and interrupt flags are worked out from the crystal's ticks when somebody
 * looks. While the guest holds the clock to set it, the time stands in the memory bytes.
 */
#include "io/emulated/rtc.h"
#include "io/emulated/calendar.h"
#include <coopvirt/string.h>

enum {
    RTC_SECONDS,
    RTC_SECONDS_ALARM,
    RTC_MINUTES,
    RTC_MINUTES_ALARM,
    RTC_HOURS,
    RTC_HOURS_ALARM,
    RTC_DAY_OF_WEEK,
    RTC_DAY,
    RTC_MONTH,
    RTC_YEAR,
    RTC_A,
    RTC_B,
    RTC_C,
    RTC_D,
    RTC_CENTURY = 0x32, /* named in the FADT */
};

#define A_UPDATING      0x80
#define A_DIVIDER_RESET 0x60 /* 110 and 111 */
#define B_SET           0x80
#define B_UPDATE        0x10 /* the flags of register C stand at the same places */
#define B_BINARY        0x04
#define B_24_HOURS      0x02
#define C_INTERRUPT     0x80
#define C_PERIODIC      0x40
#define C_ALARM         0x20
#define C_UPDATE        0x10
#define C_FLAGS         0x70
#define D_VALID         0x80
#define HOURS_PM        0x80
#define ANY             0xc0
#define DAY_SECONDS     86400
#define UPDATE_TICKS    73 /* 244 microseconds of warning and 1984 of update */

static uint8_t rtc_encode(const struct rtc *rtc, unsigned value)
{
    return (uint8_t)(rtc->memory[RTC_B] & B_BINARY ? value : value / 10 << 4 | value % 10);
}

static unsigned rtc_decode(const struct rtc *rtc, uint8_t value)
{
    return rtc->memory[RTC_B] & B_BINARY ? value : (value >> 4) * 10u + (value & 15);
}

static uint8_t rtc_encode_hour(const struct rtc *rtc, unsigned hour)
{
    if (rtc->memory[RTC_B] & B_24_HOURS)
        return rtc_encode(rtc, hour);
    return rtc_encode(rtc, hour % 12 ? hour % 12 : 12) | (hour >= 12 ? HOURS_PM : 0);
}

static unsigned rtc_decode_hour(const struct rtc *rtc, uint8_t value)
{
    if (rtc->memory[RTC_B] & B_24_HOURS)
        return rtc_decode(rtc, value);
    return rtc_decode(rtc, value & ~HOURS_PM) % 12 + (value & HOURS_PM ? 12 : 0);
}

static bool rtc_divider_is_reset(const struct rtc *rtc)
{
    return (rtc->memory[RTC_A] & A_DIVIDER_RESET) == A_DIVIDER_RESET;
}

static int64_t rtc_seconds(const struct rtc *rtc, uint64_t now)
{
    return rtc->seconds + (int64_t)((now - rtc->base) / RTC_HZ);
}

static void rtc_store_time(struct rtc *rtc, int64_t seconds)
{
    struct calendar calendar;

    calendar_from_seconds(&calendar, seconds);
    rtc->memory[RTC_SECONDS] = rtc_encode(rtc, calendar.second);
    rtc->memory[RTC_MINUTES] = rtc_encode(rtc, calendar.minute);
    rtc->memory[RTC_HOURS] = rtc_encode_hour(rtc, calendar.hour);
    rtc->memory[RTC_DAY_OF_WEEK] = rtc_encode(rtc, (calendar.day_of_week + rtc->day_of_week_shift) % 7 + 1);
    rtc->memory[RTC_DAY] = rtc_encode(rtc, calendar.day);
    rtc->memory[RTC_MONTH] = rtc_encode(rtc, calendar.month);
    rtc->memory[RTC_YEAR] = rtc_encode(rtc, (unsigned)(calendar.year % 100));
    rtc->memory[RTC_CENTURY] = rtc_encode(rtc, (unsigned)(calendar.year / 100 % 100));
}

static int64_t rtc_load_time(struct rtc *rtc)
{
    struct calendar calendar = {
        .year = rtc_decode(rtc, rtc->memory[RTC_YEAR]) + 100 * (int64_t)rtc_decode(rtc, rtc->memory[RTC_CENTURY]),
        .month = rtc_decode(rtc, rtc->memory[RTC_MONTH]),
        .day = rtc_decode(rtc, rtc->memory[RTC_DAY]),
        .hour = rtc_decode_hour(rtc, rtc->memory[RTC_HOURS]),
        .minute = rtc_decode(rtc, rtc->memory[RTC_MINUTES]),
        .second = rtc_decode(rtc, rtc->memory[RTC_SECONDS]),
    };
    int64_t seconds = calendar_to_seconds(&calendar);

    /* The day of the week is a counter of its own, set by hand. */
    calendar_from_seconds(&calendar, seconds);
    unsigned written = rtc_decode(rtc, rtc->memory[RTC_DAY_OF_WEEK]);
    rtc->day_of_week_shift = (uint8_t)((written + 6 + 7 - calendar.day_of_week) % 7);
    return seconds;
}

static bool rtc_matches(uint8_t alarm, unsigned decoded, unsigned value)
{
    return alarm >= ANY || decoded == value;
}

/* The first second of the day from `from` on at which the alarm matches, or -1. */
static int64_t rtc_alarm_in_day(const struct rtc *rtc, unsigned from)
{
    const uint8_t *memory = rtc->memory;
    unsigned alarm_second = rtc_decode(rtc, memory[RTC_SECONDS_ALARM]);
    unsigned alarm_minute = rtc_decode(rtc, memory[RTC_MINUTES_ALARM]);
    unsigned alarm_hour = rtc_decode_hour(rtc, memory[RTC_HOURS_ALARM]);

    for (unsigned hour = from / 3600; hour < 24; hour++) {
        if (!rtc_matches(memory[RTC_HOURS_ALARM], alarm_hour, hour))
            continue;
        for (unsigned minute = hour == from / 3600 ? from / 60 % 60 : 0; minute < 60; minute++) {
            unsigned first = hour * 60 + minute == from / 60 ? from % 60 : 0;
            if (!rtc_matches(memory[RTC_MINUTES_ALARM], alarm_minute, minute))
                continue;
            if (memory[RTC_SECONDS_ALARM] >= ANY)
                return hour * 3600 + minute * 60 + first;
            if (alarm_second >= first && alarm_second < 60)
                return hour * 3600 + minute * 60 + alarm_second;
        }
    }
    return -1;
}

/* How many seconds after `seconds` the alarm matches next, 1 to 86400; 0 when never. */
static uint64_t rtc_alarm_distance(const struct rtc *rtc, int64_t seconds)
{
    int64_t next = seconds + 1, of_day = next % DAY_SECONDS;
    if (of_day < 0)
        of_day += DAY_SECONDS;
    int64_t match = rtc_alarm_in_day(rtc, (unsigned)of_day);
    if (match < 0) {
        match = rtc_alarm_in_day(rtc, 0);
        if (match < 0)
            return 0;
        match += DAY_SECONDS;
    }
    return (uint64_t)(match - of_day + 1);
}

/* Ticks between periodic interrupts; 0 = none. The two fastest rates are slower ones again. */
static uint64_t rtc_period(const struct rtc *rtc)
{
    unsigned rate = rtc->memory[RTC_A] & 15;

    if (!rate || rtc_divider_is_reset(rtc))
        return 0;
    return 1ull << (rate <= 2 ? rate + 6 : rate - 1);
}

/* Sets the flags for everything that happened up to `now`. */
static void rtc_settle(struct rtc *rtc, uint64_t now)
{
    uint64_t before = rtc->now - rtc->base, passed = now - rtc->base, period = rtc_period(rtc);

    rtc->now = now;
    if (period && passed / period != before / period)
        rtc->flags |= C_PERIODIC;
    if (rtc->is_held || passed / RTC_HZ == before / RTC_HZ)
        return;
    rtc->flags |= C_UPDATE;
    uint64_t distance = rtc_alarm_distance(rtc, rtc->seconds + (int64_t)(before / RTC_HZ));
    if (distance && distance <= passed / RTC_HZ - before / RTC_HZ)
        rtc->flags |= C_ALARM;
}

/* After SET or the divider bits changed: stops the clock with the time in memory, or starts it from there. */
static void rtc_hold_or_run(struct rtc *rtc, bool was_divider_reset, uint64_t now)
{
    bool is_held = rtc->memory[RTC_B] & B_SET || rtc_divider_is_reset(rtc);
    bool restarts = was_divider_reset && !rtc_divider_is_reset(rtc);

    if (restarts) /* "the first update cycle is one-half second later" */
        rtc->base = now - RTC_HZ / 2;
    if (is_held == rtc->is_held)
        return;
    rtc->is_held = is_held;
    if (is_held)
        return;
    rtc->seconds = rtc_load_time(rtc);
    rtc->base += (now - rtc->base) / RTC_HZ * RTC_HZ;
}

static void rtc_write_control(struct rtc *rtc, unsigned index, uint8_t value, uint64_t now)
{
    bool was_divider_reset = rtc_divider_is_reset(rtc);

    if (!rtc->is_held)
        rtc_store_time(rtc, rtc_seconds(rtc, now));
    if (index == RTC_A)
        rtc->memory[RTC_A] = value & ~A_UPDATING;
    else
        rtc->memory[RTC_B] = value & B_SET ? value & ~B_UPDATE : value;
    rtc_hold_or_run(rtc, was_divider_reset, now);
}

static bool rtc_is_time(unsigned index)
{
    return index == RTC_CENTURY ||
           (index <= RTC_YEAR && index != RTC_SECONDS_ALARM && index != RTC_MINUTES_ALARM && index != RTC_HOURS_ALARM);
}

static void rtc_write_register(struct rtc *rtc, unsigned index, uint8_t value, uint64_t now)
{
    if (index == RTC_A || index == RTC_B) {
        rtc_write_control(rtc, index, value, now);
        return;
    }
    if (index == RTC_C || index == RTC_D)
        return;
    if (!rtc_is_time(index) || rtc->is_held) {
        rtc->memory[index] = value;
        return;
    }
    rtc_store_time(rtc, rtc_seconds(rtc, now));
    rtc->memory[index] = value;
    rtc->seconds = rtc_load_time(rtc);
    rtc->base += (now - rtc->base) / RTC_HZ * RTC_HZ;
}

static uint8_t rtc_read_register(struct rtc *rtc, unsigned index, uint64_t now)
{
    uint8_t value;

    switch (index) {
    case RTC_A:
        value = rtc->memory[RTC_A];
        if (!rtc->is_held && (now - rtc->base) % RTC_HZ >= RTC_HZ - UPDATE_TICKS)
            value |= A_UPDATING;
        return value;
    case RTC_C:
        value = rtc->flags | (rtc->flags & rtc->memory[RTC_B] & C_FLAGS ? C_INTERRUPT : 0);
        rtc->flags = 0;
        return value;
    case RTC_D:
        return D_VALID;
    default:
        if (rtc_is_time(index) && !rtc->is_held)
            rtc_store_time(rtc, rtc_seconds(rtc, now));
        return rtc->memory[index];
    }
}

uint8_t rtc_read(struct rtc *rtc, unsigned offset, uint64_t now)
{
    if (offset == 0)
        return 0xff; /* write-only */
    rtc_settle(rtc, now);
    return rtc_read_register(rtc, rtc->index, now);
}

void rtc_write(struct rtc *rtc, unsigned offset, uint8_t value, uint64_t now)
{
    if (offset == 0) {
        rtc->index = value & (RTC_BYTES - 1);
        rtc->is_nmi_masked = value & 0x80;
        return;
    }
    rtc_settle(rtc, now);
    rtc_write_register(rtc, rtc->index, value, now);
}

bool rtc_advance(struct rtc *rtc, uint64_t now)
{
    rtc_settle(rtc, now);
    return rtc->flags & rtc->memory[RTC_B] & C_FLAGS;
}

uint64_t rtc_deadline(const struct rtc *rtc)
{
    uint64_t passed = rtc->now - rtc->base, period = rtc_period(rtc), distance = RTC_NEVER, alarm;
    uint8_t enabled = rtc->memory[RTC_B] & C_FLAGS;

    if (rtc->flags & enabled) /* high until register C is read */
        return RTC_NEVER;
    if (enabled & C_PERIODIC && period)
        distance = period - passed % period;
    if (enabled & C_UPDATE && !rtc->is_held && RTC_HZ - passed % RTC_HZ < distance)
        distance = RTC_HZ - passed % RTC_HZ;
    if (enabled & C_ALARM && !rtc->is_held) {
        alarm = rtc_alarm_distance(rtc, rtc_seconds(rtc, rtc->now)) * RTC_HZ;
        if (alarm && alarm - passed % RTC_HZ < distance)
            distance = alarm - passed % RTC_HZ;
    }
    return distance == RTC_NEVER ? RTC_NEVER : rtc->now + distance;
}

static void rtc_store_word(struct rtc *rtc, unsigned index, uint64_t value)
{
    value = value < 0xffff ? value : 0xffff;
    rtc->memory[index] = (uint8_t)value;
    rtc->memory[index + 1] = (uint8_t)(value >> 8);
}

void rtc_reset(struct rtc *rtc, int64_t seconds, uint64_t memory_bytes)
{
    uint64_t kib = memory_bytes >> 10;
    unsigned sum = 0;

    memset(rtc, 0, sizeof *rtc);
    rtc->seconds = seconds;
    rtc->memory[RTC_A] = 0x26; /* 32.768 kHz; 1024 Hz periodic rate */
    rtc->memory[RTC_B] = B_24_HOURS;
    rtc->memory[0x14] = 0x02;                                        /* equipment: a coprocessor, no floppy */
    rtc_store_word(rtc, 0x15, kib < 640 ? kib : 640);                /* base memory, KiB */
    rtc_store_word(rtc, 0x17, kib > 1024 ? kib - 1024 : 0);          /* above 1 MiB, KiB */
    rtc_store_word(rtc, 0x30, kib > 1024 ? kib - 1024 : 0);          /* the same, as found */
    rtc_store_word(rtc, 0x34, kib > 16384 ? (kib - 16384) >> 6 : 0); /* above 16 MiB, 64 KiB */
    for (unsigned i = 0x10; i < 0x2e; i++)
        sum += rtc->memory[i];
    rtc->memory[0x2e] = (uint8_t)(sum >> 8);
    rtc->memory[0x2f] = (uint8_t)sum;
}

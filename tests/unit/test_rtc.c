/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The MC146818A against its data sheet: formats of the time, setting it, update in progress, the three interrupts; and
 * the calendar behind it against the host's.
 */
#include "device_suite.h"
#include "io/emulated/calendar.h"
#include "io/emulated/rtc.h"
#include <time.h>

#define START 1767225599ll /* 31 December 2025, 23:59:59, a Wednesday */

static struct rtc rtc;

static void setup(void)
{
    rtc_reset(&rtc, START, 256ull << 20);
}

static uint8_t get(unsigned index, uint64_t now)
{
    rtc_write(&rtc, 0, (uint8_t)index, now);
    return rtc_read(&rtc, 1, now);
}

static void put(unsigned index, uint8_t value, uint64_t now)
{
    rtc_write(&rtc, 0, (uint8_t)index, now);
    rtc_write(&rtc, 1, value, now);
}

static void check_time(uint64_t now, const uint8_t expected[8])
{
    static const uint8_t indices[] = {0x32, 9, 8, 7, 6, 4, 2, 0};
    for (unsigned i = 0; i < 8; i++)
        ck_assert_uint_eq(get(indices[i], now), expected[i]);
}

START_TEST(test_calendar_against_host)
{
    for (int64_t seconds = -20000000000; seconds < 40000000000; seconds += 86399 * 37 + 11) {
        struct calendar calendar;
        struct tm tm;
        time_t host = seconds;
        calendar_from_seconds(&calendar, seconds);
        gmtime_r(&host, &tm);
        ck_assert_int_eq(calendar.year, tm.tm_year + 1900);
        ck_assert_int_eq(calendar.month, tm.tm_mon + 1);
        ck_assert_int_eq(calendar.day, tm.tm_mday);
        ck_assert_int_eq(calendar.hour, tm.tm_hour);
        ck_assert_int_eq(calendar.minute, tm.tm_min);
        ck_assert_int_eq(calendar.second, tm.tm_sec);
        ck_assert_int_eq(calendar.day_of_week, tm.tm_wday);
        ck_assert_int_eq(calendar_to_seconds(&calendar), seconds);
    }
}
END_TEST

START_TEST(test_time_goes_on)
{
    check_time(0, (uint8_t[]){0x20, 0x25, 0x12, 0x31, 4, 0x23, 0x59, 0x59});
    check_time(RTC_HZ - 1, (uint8_t[]){0x20, 0x25, 0x12, 0x31, 4, 0x23, 0x59, 0x59});
    check_time(RTC_HZ, (uint8_t[]){0x20, 0x26, 0x01, 0x01, 5, 0x00, 0x00, 0x00});
    check_time(RTC_HZ * (1 + 12 * 3600ull), (uint8_t[]){0x20, 0x26, 0x01, 0x01, 5, 0x12, 0x00, 0x00});
}
END_TEST

START_TEST(test_formats)
{
    put(0x0b, 0x04, 0); /* binary, 12 hours */
    check_time(0, (uint8_t[]){20, 25, 12, 31, 4, 0x80 | 11, 59, 59});
    check_time(RTC_HZ, (uint8_t[]){20, 26, 1, 1, 5, 12, 0, 0});
    put(0x0b, 0x00, RTC_HZ); /* BCD, 12 hours */
    check_time(RTC_HZ * (1 + 12 * 3600ull), (uint8_t[]){0x20, 0x26, 1, 1, 5, 0x92, 0, 0});
    check_time(RTC_HZ * (1 + 23 * 3600ull), (uint8_t[]){0x20, 0x26, 1, 1, 5, 0x91, 0, 0});
}
END_TEST

START_TEST(test_set)
{
    put(0x0b, 0x82, 100);
    ck_assert_uint_eq(get(0, 10 * RTC_HZ), 0x59); /* stands */
    static const uint8_t indices[] = {0x32, 9, 8, 7, 6, 4, 2, 0},
                         values[] = {0x20, 0x24, 0x02, 0x29, 5, 0x10, 0x30, 0x58};
    for (unsigned i = 0; i < 8; i++)
        put(indices[i], values[i], 10 * RTC_HZ);
    put(0x0b, 0x02, 10 * RTC_HZ + 500);
    check_time(10 * RTC_HZ + 500, values);
    check_time(11 * RTC_HZ - 1, values);
    check_time(12 * RTC_HZ, (uint8_t[]){0x20, 0x24, 0x02, 0x29, 5, 0x10, 0x31, 0x00});
    check_time(RTC_HZ * (11 + 86400ull), (uint8_t[]){0x20, 0x24, 0x03, 0x01, 6, 0x10, 0x30, 0x59});
}
END_TEST

START_TEST(test_set_without_holding)
{
    put(0x04, 0x11, 1000);
    check_time(1000, (uint8_t[]){0x20, 0x25, 0x12, 0x31, 4, 0x11, 0x59, 0x59});
    check_time(RTC_HZ, (uint8_t[]){0x20, 0x25, 0x12, 0x31, 4, 0x12, 0x00, 0x00});
}
END_TEST

START_TEST(test_divider_reset)
{
    put(0x0a, 0x66, 5 * RTC_HZ + 10);
    ck_assert_uint_eq(get(0, 50 * RTC_HZ), 0x04);
    put(0x0a, 0x26, 50 * RTC_HZ + 77);
    ck_assert_uint_eq(get(0, 50 * RTC_HZ + 77 + RTC_HZ / 2 - 1), 0x04);
    ck_assert_uint_eq(get(0, 50 * RTC_HZ + 77 + RTC_HZ / 2), 0x05); /* half a second later */
}
END_TEST

START_TEST(test_update_in_progress)
{
    ck_assert_uint_eq(get(0x0a, 0), 0x26);
    ck_assert_uint_eq(get(0x0a, RTC_HZ - 1), 0xa6);
    ck_assert_uint_eq(get(0x0a, RTC_HZ - 60), 0xa6);
    ck_assert_uint_eq(get(0x0a, RTC_HZ - 100), 0x26);
    ck_assert_uint_eq(get(0x0a, RTC_HZ), 0x26);
    put(0x0b, 0x82, RTC_HZ);
    ck_assert_uint_eq(get(0x0a, 2 * RTC_HZ - 1), 0x26);
    ck_assert_uint_eq(get(0x0d, 0), 0x80);
}
END_TEST

START_TEST(test_periodic)
{
    ck_assert_uint_eq(rtc_deadline(&rtc), RTC_NEVER);
    ck_assert(!rtc_advance(&rtc, 100));
    put(0x0b, 0x42, 100);
    ck_assert(rtc_advance(&rtc, 100)); /* the flag was there already */
    ck_assert_uint_eq(get(0x0c, 100), 0xc0);
    ck_assert_uint_eq(rtc_deadline(&rtc), 128); /* 1024 Hz */
    ck_assert(!rtc_advance(&rtc, 127));
    ck_assert(rtc_advance(&rtc, 128));
    ck_assert_uint_eq(rtc_deadline(&rtc), RTC_NEVER); /* until register C is read */
    ck_assert_uint_eq(get(0x0c, 128), 0xc0);
    ck_assert_uint_eq(get(0x0c, 128), 0x00);
    static const struct {
        uint8_t rate;
        uint64_t ticks;
    } rates[] = {{1, 128}, {2, 256}, {3, 4}, {15, 16384}};
    for (unsigned i = 0; i < 4; i++) {
        uint64_t now = (i + 1) * 10 * RTC_HZ;
        put(0x0a, 0x20 | rates[i].rate, now);
        get(0x0c, now);
        ck_assert_uint_eq(rtc_deadline(&rtc), now + rates[i].ticks);
    }
    put(0x0a, 0x20, 100 * RTC_HZ);
    get(0x0c, 100 * RTC_HZ);
    ck_assert_uint_eq(rtc_deadline(&rtc), RTC_NEVER);
}
END_TEST

START_TEST(test_update_ended)
{
    put(0x0b, 0x12, 100);
    ck_assert_uint_eq(rtc_deadline(&rtc), RTC_HZ);
    ck_assert(rtc_advance(&rtc, RTC_HZ));
    ck_assert_uint_eq(get(0x0c, RTC_HZ), 0xf0); /* the alarm bytes, 00:00:00, match as well */
    put(0x0b, 0x92, 2 * RTC_HZ);                /* SET clears the enable bit */
    ck_assert_uint_eq(get(0x0b, 2 * RTC_HZ), 0x82);
}
END_TEST

START_TEST(test_alarm)
{
    put(0x01, 0x05, 0);
    put(0x03, 0x00, 0);
    put(0x05, 0xff, 0); /* any hour */
    put(0x0b, 0x22, 0);
    uint64_t first = 6 * RTC_HZ;
    ck_assert_uint_eq(rtc_deadline(&rtc), first); /* 00:00:05 */
    ck_assert(!rtc_advance(&rtc, first - 1));
    ck_assert(rtc_advance(&rtc, first));
    ck_assert_uint_eq(get(0x0c, first) & 0xa0, 0xa0);
    ck_assert_uint_eq(rtc_deadline(&rtc), first + 3600 * RTC_HZ);
    put(0x05, 0x00, first); /* midnight only: tomorrow */
    ck_assert_uint_eq(rtc_deadline(&rtc), first + 86400ull * RTC_HZ);
    put(0x05, 0x24, first); /* no such hour */
    ck_assert_uint_eq(rtc_deadline(&rtc), RTC_NEVER);
    put(0x01, 0xc0, first);
    put(0x03, 0xc0, first);
    put(0x05, 0xc0, first); /* every second */
    ck_assert_uint_eq(rtc_deadline(&rtc), first + RTC_HZ);
    ck_assert(rtc_advance(&rtc, first + 1000000000000ull));
}
END_TEST

START_TEST(test_memory_size_and_checksum)
{
    ck_assert_uint_eq(get(0x15, 0) | get(0x16, 0) << 8, 640);
    ck_assert_uint_eq(get(0x17, 0) | get(0x18, 0) << 8, 0xffff);
    ck_assert_uint_eq(get(0x34, 0) | get(0x35, 0) << 8, (256 - 16) * 16);
    unsigned sum = 0;
    for (unsigned i = 0x10; i < 0x2e; i++)
        sum += get(i, 0);
    ck_assert_uint_eq(get(0x2e, 0) << 8 | get(0x2f, 0), sum);
    put(0x0f, 0x5a, 0);
    ck_assert_uint_eq(get(0x0f, 0), 0x5a);
    rtc_write(&rtc, 0, 0x8f, 0);
    ck_assert(rtc.is_nmi_masked);
    ck_assert_uint_eq(rtc_read(&rtc, 1, 0), 0x5a);
}
END_TEST

/* The next deadline is never missed, never early, whatever was written. */
START_TEST(test_deadlines_agree_with_line)
{
    srand(5);
    uint64_t now = 0;
    for (unsigned round = 0; round < 3000; round++) {
        static const uint8_t indices[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 0x0a, 0x0b, 0x0b, 0x0c, 0x32};
        put(indices[rand() % 14], (uint8_t)rand(), now);
        get(0x0c, now);
        for (unsigned i = 0; i < 4; i++) {
            uint64_t deadline = rtc_deadline(&rtc);
            if (deadline == RTC_NEVER || deadline > now + 400000 * (uint64_t)RTC_HZ) {
                now += (uint64_t)rand() % RTC_HZ;
                rtc_advance(&rtc, now);
                break;
            }
            ck_assert_uint_gt(deadline, now);
            ck_assert(!rtc_advance(&rtc, deadline - 1));
            ck_assert(rtc_advance(&rtc, deadline));
            now = deadline;
            get(0x0c, now);
        }
    }
}
END_TEST

DEVICE_SUITE("rtc", setup, test_calendar_against_host, test_time_goes_on, test_formats, test_set,
             test_set_without_holding, test_divider_reset, test_update_in_progress, test_periodic, test_update_ended,
             test_alarm, test_memory_size_and_checksum, test_deadlines_agree_with_line)

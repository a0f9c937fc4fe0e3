/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ioctls on /dev/rtc0 that read and set it (rtc(4)). It has no alarm and interrupts nobody, which programs are told
 * by ENOTTY. One program at a time may have it open.
 */
#include "drivers/rtc_device.h"
#include "drivers/rtc.h"
#include "fs/device.h"
#include "fs/linux_abi.h"
#include "kernel/capability.h"
#include "kernel/errno.h"
#include "memory/user_copy.h"

#define RTC_DEVICE_NUMBER ABI_DEVICE(254, 0)
#define RTC_RD_TIME       0x80247009u
#define RTC_SET_TIME      0x4024700au
#define RTC_EPOCH_READ    0x8008700du
#define RTC_EPOCH         1900u
#define RTC_YEAR_FIRST    2000 /* of those that two digits can say */
#define RTC_YEAR_LAST     2099

/* struct rtc_time, by the rules of struct tm */
struct rtc_device_time {
    int32_t second, minute, hour, day, month, year, day_of_week, day_of_year, summer_time;
};
_Static_assert(sizeof(struct rtc_device_time) == 36, "struct rtc_time");

static const struct rtc_clock *rtc_device_clock;
static bool rtc_device_is_open;

static int rtc_device_open(struct file *file)
{
    (void)file;
    if (rtc_device_is_open)
        return -EBUSY;
    rtc_device_is_open = true;
    return 0;
}

static void rtc_device_release(struct file *file)
{
    (void)file;
    rtc_device_is_open = false;
}

static long rtc_device_read_time(uint64_t address)
{
    struct rtc_date date = rtc_date(rtc_device_clock->seconds());
    struct rtc_device_time time = {
        .second = (int32_t)date.second,
        .minute = (int32_t)date.minute,
        .hour = (int32_t)date.hour,
        .day = (int32_t)date.day,
        .month = (int32_t)date.month - 1,
        .year = (int32_t)(date.year - RTC_EPOCH),
        .day_of_week = (int32_t)date.day_of_week,
        .day_of_year = (int32_t)date.day_of_year,
    };
    return user_copy_out(address, &time, sizeof(time)) ? -EFAULT : 0;
}

static long rtc_device_set_time(uint64_t address)
{
    struct rtc_device_time time;
    if (!capability_held(CAPABILITY_SYS_TIME))
        return -EACCES;
    if (user_copy_in(&time, address, sizeof(time)))
        return -EFAULT;
    if (time.year < RTC_YEAR_FIRST - (int)RTC_EPOCH || time.year > RTC_YEAR_LAST - (int)RTC_EPOCH || time.month < 0 ||
        time.month > 11 || time.day < 1 || time.hour < 0 || time.hour > 23 || time.minute < 0 || time.minute > 59 ||
        time.second < 0 || time.second > 59)
        return -EINVAL;
    uint64_t seconds = rtc_seconds((unsigned)time.year + RTC_EPOCH, (unsigned)time.month + 1, (unsigned)time.day,
                                   (unsigned)time.hour, (unsigned)time.minute, (unsigned)time.second);
    if (time.day > 31 || rtc_date(seconds).day != (unsigned)time.day)
        return -EINVAL; /* the month is not that long */
    rtc_device_clock->set(seconds);
    return 0;
}

static long rtc_device_ioctl(struct file *file, uint32_t request, uint64_t argument)
{
    uint64_t epoch = RTC_EPOCH;
    (void)file;
    switch (request) {
    case RTC_RD_TIME:
        return rtc_device_read_time(argument);
    case RTC_SET_TIME:
        return rtc_device_set_time(argument);
    case RTC_EPOCH_READ:
        return user_copy_out(argument, &epoch, sizeof(epoch)) ? -EFAULT : 0;
    default:
        return -ENOTTY;
    }
}

static const struct device_operations rtc_device_operations = {
    .open = rtc_device_open, .file = {.ioctl = rtc_device_ioctl, .release = rtc_device_release}};

void rtc_device_start(const struct rtc_clock *clock)
{
    rtc_device_clock = clock;
    device_register("rtc0", RTC_DEVICE_NUMBER, ABI_S_IFCHR | 0600, &rtc_device_operations);
}

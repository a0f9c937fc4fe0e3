/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev/rtc0: the clock that goes on while the machine is off, for programs (hwclock). Whoever starts the kernel's clock
 * says where it stands: the CMOS clock (drivers/rtc.c), or a hypervisor's time of day (pv/queue_io.c).
 */
#ifndef DRIVERS_RTC_DEVICE_H
#define DRIVERS_RTC_DEVICE_H

#include <stdint.h>

struct rtc_clock {
    uint64_t (*seconds)(void);     /* since 1970 */
    void (*set)(uint64_t seconds); /* of the years 2000 to 2099 */
};

/* `clock` stays the caller's. */
void rtc_device_start(const struct rtc_clock *clock);

#endif

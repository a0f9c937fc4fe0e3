/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way of an access to what tells time: PIT, RTC and power management. Each looks at the clock first, and may have
 * an interrupt or another deadline after any access.
 */
#include "io/emulated/platform_ports.h"

uint8_t platform_timers_read_pit(struct platform *platform, unsigned port)
{
    uint64_t now = ratio_forward(platform->pit_ratio, platform_elapsed(platform));
    uint8_t value =
        port == PORT_CONTROL_B ? pit_control_read(&platform->pit, now) : pit_read(&platform->pit, port & 3, now);

    platform_advance_board(platform);
    return value;
}

enum io_result platform_timers_write_pit(struct platform *platform, unsigned port, uint8_t value)
{
    uint64_t now = ratio_forward(platform->pit_ratio, platform_elapsed(platform));

    if (port == PORT_CONTROL_B)
        pit_control_write(&platform->pit, value, now);
    else
        pit_write(&platform->pit, port & 3, value, now);
    platform_advance_board(platform);
    return IO_DONE;
}

uint8_t platform_timers_read_rtc(struct platform *platform, unsigned port)
{
    uint8_t value = rtc_read(&platform->rtc, port & 1, ratio_forward(platform->rtc_ratio, platform_elapsed(platform)));

    platform_advance_board(platform);
    return value;
}

enum io_result platform_timers_write_rtc(struct platform *platform, unsigned port, uint8_t value)
{
    rtc_write(&platform->rtc, port & 1, value, ratio_forward(platform->rtc_ratio, platform_elapsed(platform)));
    platform_advance_board(platform);
    return IO_DONE;
}

uint8_t platform_timers_read_power(struct platform *platform, unsigned port)
{
    uint64_t now = ratio_forward(platform->power_ratio, platform_elapsed(platform));
    uint8_t value = power_read(&platform->power, port - POWER_PORT_EVENT, now);

    platform_advance_board(platform);
    return value;
}

enum io_result platform_timers_write_power(struct platform *platform, unsigned port, uint8_t value)
{
    uint64_t now = ratio_forward(platform->power_ratio, platform_elapsed(platform));
    enum power_effect effect = power_write(&platform->power, port - POWER_PORT_EVENT, value, now);

    platform_advance_board(platform);
    return effect == POWER_OFF ? platform_stop_vm(platform, PLATFORM_STOP_POWER_OFF, 0) : IO_DONE;
}

/* One reading for all bytes of an access. */
enum io_result platform_timers_access_power_timer(struct platform *platform, struct io_access *access)
{
    uint32_t timer = power_timer(ratio_forward(platform->power_ratio, platform_elapsed(platform)));

    if (!access->is_write)
        access->value = timer >> (8 * (access->address & 3));
    return IO_DONE;
}

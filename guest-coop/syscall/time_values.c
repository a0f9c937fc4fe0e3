/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conversions of time at the system-call border.
 */
#include "syscall/time_values.h"
#include "fs/linux_abi.h"
#include "kernel/errno.h"
#include "memory/user_copy.h"

#define SECONDS_MOST 4000000000l /* 126 years */

static long time_combine(int64_t seconds, int64_t part, int64_t parts, uint64_t *ns)
{
    if (seconds < 0 || part < 0 || part >= parts)
        return -EINVAL;
    if (seconds > SECONDS_MOST)
        seconds = SECONDS_MOST;
    *ns = (uint64_t)seconds * TIME_NS_PER_SECOND + (uint64_t)part * (TIME_NS_PER_SECOND / (uint64_t)parts);
    return 0;
}

long time_span_in(uint64_t address, uint64_t *ns)
{
    struct abi_timespec value;
    if (user_copy_in(&value, address, sizeof(value)))
        return -EFAULT;
    return time_combine(value.seconds, value.nanoseconds, 1000000000, ns);
}

long time_span_out(uint64_t address, uint64_t ns)
{
    struct abi_timespec value = {(int64_t)(ns / TIME_NS_PER_SECOND), (int64_t)(ns % TIME_NS_PER_SECOND)};
    return user_copy_out(address, &value, sizeof(value));
}

long time_micro_in(uint64_t address, uint64_t *ns)
{
    struct abi_timeval value;
    if (user_copy_in(&value, address, sizeof(value)))
        return -EFAULT;
    return time_combine(value.seconds, value.microseconds, 1000000, ns);
}

long time_micro_out(uint64_t address, uint64_t ns)
{
    struct abi_timeval value = {(int64_t)(ns / TIME_NS_PER_SECOND), (int64_t)(ns % TIME_NS_PER_SECOND / 1000)};
    return user_copy_out(address, &value, sizeof(value));
}

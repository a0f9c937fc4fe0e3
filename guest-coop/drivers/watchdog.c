/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The watchdog as Linux' watchdog API has it: opening starts it, any byte written puts the end off, and closing stops
 * it only when a `V` was among the last bytes. It watches over user mode; a kernel that hangs is beyond it.
 */
#include "drivers/watchdog.h"
#include "fs/device.h"
#include "fs/linux_abi.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/log.h"
#include "kernel/power.h"
#include "kernel/timeout.h"
#include "memory/user_copy.h"

#define WATCHDOG_NUMBER         ABI_DEVICE(10, 130)
#define WATCHDOG_GET_SUPPORT    0x80285700u
#define WATCHDOG_GET_STATUS     0x80045701u
#define WATCHDOG_GET_BOOTSTATUS 0x80045702u
#define WATCHDOG_SET_OPTIONS    0x80045704u
#define WATCHDOG_KEEP_ALIVE     0x80045705u
#define WATCHDOG_SET_TIMEOUT    0xc0045706u
#define WATCHDOG_GET_TIMEOUT    0x80045707u
#define WATCHDOG_GET_TIME_LEFT  0x8004570au
#define OPTION_DISABLE          1
#define OPTION_ENABLE           2
#define ABLE_TO_SET_TIMEOUT     0x0080u
#define ABLE_TO_CLOSE           0x0100u
#define ABLE_TO_KEEP_ALIVE      0x8000u
#define SECONDS_MOST            65535
#define SECONDS_USUAL           60
#define NS_PER_SECOND           1000000000ul
#define CLOSING_BYTE            'V'

struct watchdog_support {
    uint32_t options, version;
    char identity[32];
};

static struct timeout watchdog_timeout;
static int32_t watchdog_seconds = SECONDS_USUAL;
static bool watchdog_is_open, watchdog_may_stop;
static bool watchdog_heard; /* since somebody asked for its state */

static void watchdog_expired(struct timeout *timeout)
{
    (void)timeout;
    power_end(false, "the watchdog was not fed");
}

static void watchdog_begin(void)
{
    timeout_remove(&watchdog_timeout);
    timeout_add(&watchdog_timeout, clock_monotonic_ns() + (uint64_t)watchdog_seconds * NS_PER_SECOND, watchdog_expired);
}

static void watchdog_feed(void)
{
    watchdog_heard = true;
    if (watchdog_timeout.armed)
        watchdog_begin();
}

static int watchdog_open(struct file *file)
{
    (void)file;
    if (watchdog_is_open)
        return -EBUSY;
    watchdog_is_open = true;
    watchdog_may_stop = false;
    watchdog_begin();
    return 0;
}

static void watchdog_release(struct file *file)
{
    (void)file;
    watchdog_is_open = false;
    if (watchdog_may_stop)
        timeout_remove(&watchdog_timeout);
    else if (watchdog_timeout.armed)
        log_line(LOG_WARNING, "watchdog: closed without a word, it goes on");
}

static long watchdog_write(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    bool may_stop = false;
    uint8_t part[64];
    (void)file, (void)position;
    for (size_t done = 0; done < bytes; done += sizeof(part)) {
        size_t count = bytes - done < sizeof(part) ? bytes - done : sizeof(part);
        if (user_copy_in(part, user_buffer + done, count))
            return -EFAULT;
        for (size_t i = 0; i < count; i++)
            may_stop |= part[i] == CLOSING_BYTE;
    }
    if (bytes == 0)
        return 0;
    watchdog_may_stop = may_stop;
    watchdog_feed();
    return (long)bytes;
}

static long watchdog_set_options(uint64_t argument)
{
    int32_t options;
    if (user_copy_in(&options, argument, sizeof(options)))
        return -EFAULT;
    if (!(options & (OPTION_DISABLE | OPTION_ENABLE)))
        return -ENOTTY;
    if (options & OPTION_DISABLE)
        timeout_remove(&watchdog_timeout);
    if (options & OPTION_ENABLE)
        watchdog_begin();
    return 0;
}

static long watchdog_set_timeout(uint64_t argument)
{
    int32_t seconds;
    if (user_copy_in(&seconds, argument, sizeof(seconds)))
        return -EFAULT;
    if (seconds < 1 || seconds > SECONDS_MOST)
        return -EINVAL;
    watchdog_seconds = seconds;
    watchdog_feed();
    return 0;
}

static int32_t watchdog_status(void)
{
    bool heard = watchdog_heard;
    watchdog_heard = false;
    return heard ? (int32_t)ABLE_TO_KEEP_ALIVE : 0;
}

static int32_t watchdog_seconds_left(void)
{
    uint64_t now = clock_monotonic_ns();
    if (!watchdog_timeout.armed || watchdog_timeout.deadline_ns <= now)
        return 0;
    return (int32_t)((watchdog_timeout.deadline_ns - now) / NS_PER_SECOND);
}

static long watchdog_tell(uint64_t argument, int32_t value)
{
    return user_copy_out(argument, &value, sizeof(value)) ? -EFAULT : 0;
}

static long watchdog_ioctl(struct file *file, uint32_t request, uint64_t argument)
{
    static const struct watchdog_support support = {.options = ABLE_TO_SET_TIMEOUT | ABLE_TO_CLOSE | ABLE_TO_KEEP_ALIVE,
                                                    .identity = "Software Watchdog"};
    long status;
    (void)file;
    switch (request) {
    case WATCHDOG_GET_SUPPORT:
        return user_copy_out(argument, &support, sizeof(support)) ? -EFAULT : 0;
    case WATCHDOG_GET_STATUS:
        return watchdog_tell(argument, watchdog_status());
    case WATCHDOG_GET_BOOTSTATUS:
        return watchdog_tell(argument, 0);
    case WATCHDOG_SET_OPTIONS:
        return watchdog_set_options(argument);
    case WATCHDOG_KEEP_ALIVE:
        watchdog_feed();
        return 0;
    case WATCHDOG_SET_TIMEOUT:
        status = watchdog_set_timeout(argument);
        return status < 0 ? status : watchdog_tell(argument, watchdog_seconds);
    case WATCHDOG_GET_TIMEOUT:
        return watchdog_tell(argument, watchdog_seconds);
    case WATCHDOG_GET_TIME_LEFT:
        return watchdog_tell(argument, watchdog_seconds_left());
    default:
        return -ENOTTY;
    }
}

static const struct device_operations watchdog_operations = {
    .open = watchdog_open, .file = {.write = watchdog_write, .ioctl = watchdog_ioctl, .release = watchdog_release}};

void watchdog_register(void)
{
    device_register("watchdog", WATCHDOG_NUMBER, ABI_S_IFCHR | 0600, &watchdog_operations);
}

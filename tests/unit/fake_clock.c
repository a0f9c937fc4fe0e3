/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clocks of the kernel for tests of the file systems on the host: they stand until a test moves fake_now_ns, and
 * nobody sets them.
 */
#include "fake_kernel.h"

#include "kernel/clock.h"
#include "kernel/time_base.h"
#include "kernel/wait.h"

uint64_t clock_monotonic_ns(void)
{
    return fake_now_ns;
}

struct wait_queue *clock_changes(void)
{
    static struct wait_queue nobody;
    return &nobody;
}

uint64_t time_base_now(const struct time_base *base)
{
    (void)base;
    return clock_monotonic_ns();
}

uint64_t time_base_deadline(const struct time_base *base, uint64_t at)
{
    (void)base;
    return at;
}

uint64_t clock_realtime_ns(void)
{
    return 1767225600000000000ull + fake_now_ns;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shared object that every process finds mapped (AT_SYSINFO_EHDR): clocks read in user mode, from the page
 * before it and the TSC, by the names and with the version of Linux's (vdso(7)). What it cannot answer it asks the
 * kernel. One page of code, linked by vdso.lds and carried in the kernel's image; kernel/vdso.c maps it.
 */
#include "vdso/vdso_clock.h"
#include <stddef.h>

#define CALL_GETTIMEOFDAY  96
#define CALL_TIME          201
#define CALL_CLOCK_GETTIME 228
#define CALL_CLOCK_GETRES  229
#define NS_PER_SECOND      1000000000ul

#define CLOCK_REALTIME        0
#define CLOCK_REALTIME_COARSE 5
#define CLOCKS_REALTIME       (1u << CLOCK_REALTIME | 1u << CLOCK_REALTIME_COARSE)
#define CLOCKS_MONOTONIC      (1u << 1 | 1u << 4 | 1u << 6 | 1u << 7) /* itself, RAW, COARSE, BOOTTIME */

struct vdso_time {
    int64_t seconds, part;
};
struct vdso_zone {
    int32_t minutes_west, kind;
};

extern const struct vdso_clock vdso_clock_page __attribute__((visibility("hidden")));

int __vdso_clock_gettime(int clock, struct vdso_time *time);
int __vdso_clock_getres(int clock, struct vdso_time *resolution);
int __vdso_gettimeofday(struct vdso_time *time, struct vdso_zone *zone);
long __vdso_time(long *seconds);
long __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused);

static long vdso_call(long number, long first, const void *second)
{
    long result;
    asm volatile("syscall" : "=a"(result) : "a"(number), "D"(first), "S"(second) : "rcx", "r11", "memory");
    return result;
}

/* Behind all earlier loads, so that no later reading of the clock is smaller. */
static uint64_t vdso_tsc(void)
{
    uint32_t low, high;
    asm volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

static unsigned vdso_clock_bit(int clock)
{
    return (unsigned)clock < 32 ? 1u << clock : 0;
}

/* What one of the clocks says; 0: the kernel has to be asked. */
static uint64_t vdso_read(unsigned clocks)
{
    const struct vdso_clock *page = &vdso_clock_page;
    uint64_t now;
    uint32_t version;
    do {
        version = __atomic_load_n(&page->version, __ATOMIC_ACQUIRE);
        if (!page->is_counter)
            return 0;
        now = vdso_clock_ns(page, vdso_tsc());
        if (clocks & CLOCKS_REALTIME)
            now += page->realtime_offset;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    } while ((version & 1) || version != __atomic_load_n(&page->version, __ATOMIC_RELAXED));
    return now;
}

int __vdso_clock_gettime(int clock, struct vdso_time *time)
{
    unsigned clocks = vdso_clock_bit(clock);
    uint64_t now = clocks & (CLOCKS_REALTIME | CLOCKS_MONOTONIC) ? vdso_read(clocks) : 0;
    if (!now)
        return (int)vdso_call(CALL_CLOCK_GETTIME, clock, time);
    time->seconds = (int64_t)(now / NS_PER_SECOND);
    time->part = (int64_t)(now % NS_PER_SECOND);
    return 0;
}

int __vdso_clock_getres(int clock, struct vdso_time *resolution)
{
    if (!(vdso_clock_bit(clock) & (CLOCKS_REALTIME | CLOCKS_MONOTONIC)))
        return (int)vdso_call(CALL_CLOCK_GETRES, clock, resolution);
    if (resolution)
        *resolution = (struct vdso_time){0, 1};
    return 0;
}

int __vdso_gettimeofday(struct vdso_time *time, struct vdso_zone *zone)
{
    uint64_t now = time ? vdso_read(CLOCKS_REALTIME) : 0;
    if (!now)
        return (int)vdso_call(CALL_GETTIMEOFDAY, (long)time, zone);
    time->seconds = (int64_t)(now / NS_PER_SECOND);
    time->part = (int64_t)(now % NS_PER_SECOND / 1000);
    if (zone)
        *zone = (struct vdso_zone){0, 0};
    return 0;
}

long __vdso_time(long *seconds)
{
    uint64_t now = vdso_read(CLOCKS_REALTIME);
    if (!now)
        return vdso_call(CALL_TIME, (long)seconds, NULL);
    long whole = (long)(now / NS_PER_SECOND);
    if (seconds)
        *seconds = whole;
    return whole;
}

/* There is one CPU. */
long __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused)
{
    (void)unused;
    if (cpu)
        *cpu = 0;
    if (node)
        *node = 0;
    return 0;
}

/* The names without the prefix, as Linux has them. */
int clock_gettime(int, struct vdso_time *) __attribute__((weak, alias("__vdso_clock_gettime")));
int clock_getres(int, struct vdso_time *) __attribute__((weak, alias("__vdso_clock_getres")));
int gettimeofday(struct vdso_time *, struct vdso_zone *) __attribute__((weak, alias("__vdso_gettimeofday")));
long time(long *) __attribute__((weak, alias("__vdso_time")));
long getcpu(unsigned *, unsigned *, void *) __attribute__((weak, alias("__vdso_getcpu")));

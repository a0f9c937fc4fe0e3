/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page by which the kernel tells user mode how to read the clock: one writer (kernel/clock.c), and the code of
 * vdso/vdso.c in every process, which may be interrupted between any two of its reads.
 */
#ifndef VDSO_CLOCK_H
#define VDSO_CLOCK_H

#include <stdint.h>

#define VDSO_CLOCK_SHIFT 32 /* of the scale */

struct vdso_clock {
    uint32_t version;         /* odd while the rest changes */
    uint32_t is_counter;      /* 0: the clock cannot be read from here */
    uint64_t base_tsc;        /* when the monotonic clock was 0 */
    uint64_t ns_scale;        /* ns for one TSC unit, with VDSO_CLOCK_SHIFT bits behind the point */
    uint64_t realtime_offset; /* ns from the monotonic clock to that of the day */
};

/* The monotonic clock, of what the TSC says now. */
static inline uint64_t vdso_clock_ns(const struct vdso_clock *clock, uint64_t tsc)
{
    return (uint64_t)((unsigned __int128)(tsc - clock->base_tsc) * clock->ns_scale >> VDSO_CLOCK_SHIFT);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exact conversion between two clocks: TSC units to the ticks of a device, and back to the first TSC unit at which
 * a tick has come. Nothing is accumulated, so nothing drifts. Pure; 64-bit arithmetic only.
 */
#ifndef IO_EMULATED_RATIO_H
#define IO_EMULATED_RATIO_H

#include <stdint.h>

#define RATIO_NEVER UINT64_MAX

/* from * to must be below 2^64: every remainder is multiplied by the other frequency. */
struct ratio {
    uint64_t from, to; /* frequencies in the same unit, neither of them 0 */
};

/* floor(value * to / from) */
static inline uint64_t ratio_forward(struct ratio ratio, uint64_t value)
{
    if (ratio.from == ratio.to)
        return value;
    return value / ratio.from * ratio.to + value % ratio.from * ratio.to / ratio.from;
}

/* The smallest value with ratio_forward(value) >= ticks, or RATIO_NEVER where 64 bits do not hold it. */
static inline uint64_t ratio_back(struct ratio ratio, uint64_t ticks)
{
    uint64_t whole;

    if (ratio.from == ratio.to || ticks == RATIO_NEVER)
        return ticks;
    if (__builtin_mul_overflow(ticks / ratio.to, ratio.from, &whole))
        return RATIO_NEVER;
    uint64_t product = ticks % ratio.to * ratio.from;
    if (__builtin_add_overflow(whole, product / ratio.to + (product % ratio.to != 0), &whole))
        return RATIO_NEVER;
    return whole;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The time-stamp counter and its frequency, which comes from the command line (tsc_khz=), from CPUID 15h/16h, or is
 * measured against the machine's reference clock, in that order.
 */
#ifndef MACHINE_TSC_H
#define MACHINE_TSC_H

#include <coopvirt/x86_instructions.h>
#include <stdint.h>

static inline uint64_t tsc_read(void)
{
    return x86_rdtsc();
}

/* kHz; 0 when unknown. */
uint64_t tsc_khz(void);

#endif

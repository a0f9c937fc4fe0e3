/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The time of day when the machine started, for the clocks of VMs.
 */
#ifndef CORE_REALTIME_H
#define CORE_REALTIME_H

#include <stdint.h>

/* Seconds since 1970 UTC of a calendar date. Pure. */
int64_t realtime_seconds(unsigned year, unsigned month, unsigned day, unsigned hour, unsigned minute, unsigned second);

/* Of the machine's own clock, now; 0 when it shows nonsense. */
int64_t realtime_read(void);

#endif

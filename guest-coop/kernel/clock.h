/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time from the TSC, whose frequency is given (command line, CPUID), never calibrated.
 */
#ifndef KERNEL_CLOCK_H
#define KERNEL_CLOCK_H

#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stdint.h>

struct vdso_clock;
struct wait_queue;

/* Nanoseconds since boot. */
uint64_t clock_monotonic_ns(void);

/* Nanoseconds since 1970-01-01 UTC: the CMOS clock at boot plus the time since. */
uint64_t clock_realtime_ns(void);

/* Called at start by the driver of the clock that goes on, and by programs. */
void clock_set_realtime_ns(uint64_t now_ns);

/* Woken each time the clock of real time is set. */
struct wait_queue *clock_changes(void);

/* The TSC's frequency, set once at boot. */
void clock_start(uint64_t tsc_khz);
uint64_t clock_tsc_khz(void);

/* Takes the rate from the hypervisor's shared page, once: its parameters stay for the life of a VM, and the TSC is read
 * without a trap. What that clock says now, in ns. */
uint64_t clock_start_shared(const struct coop_clock *clock);

/* Where clock_monotonic_ns comes from, from now on; without this, the TSC. Is that the TSC as well, by its rate? */
void clock_start_source(uint64_t (*source)(void), bool is_counter);
uint64_t clock_counter_ns(void); /* the TSC */

/* Writes to that page, now and at each change, how user mode reads the clock. */
void clock_share(struct vdso_clock *page);

/* Conversions, rounded down. */
uint64_t clock_ns_of_tsc(uint64_t tsc);
uint64_t clock_tsc_of_ns(uint64_t ns);

#endif

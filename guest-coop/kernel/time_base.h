/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a timer or a sleeper goes by: the monotonic clock, that of real time, which may be set, or the time that a
 * process or a thread spends on the CPU. All are met by timeouts of the monotonic clock, for the earliest moment at
 * which the other one can get there; whoever is woken looks again.
 */
#ifndef KERNEL_TIME_BASE_H
#define KERNEL_TIME_BASE_H

#include <stdbool.h>
#include <stdint.h>

/* clockid_t */
#define CLOCK_REALTIME_ID         0
#define CLOCK_MONOTONIC_ID        1
#define CLOCK_PROCESS_CPUTIME_ID  2
#define CLOCK_THREAD_CPUTIME_ID   3
#define CLOCK_MONOTONIC_RAW_ID    4
#define CLOCK_REALTIME_COARSE_ID  5
#define CLOCK_MONOTONIC_COARSE_ID 6
#define CLOCK_BOOTTIME_ID         7
#define CLOCK_TAI_ID              11 /* no second has leapt: that of real time */

struct process;

enum time_base_kind { TIME_BASE_MONOTONIC, TIME_BASE_REAL, TIME_BASE_CPU };

struct time_base {
    enum time_base_kind kind;
    /* of the CPU's: */
    bool user_only, of_thread;
    int pid;
    uint64_t start_ns; /* of that process: a later one of its number is another */
};

/* The clock of CPU time that a negative clockid_t names: 0 or -EINVAL. `to_read`: any thread's number is as good as its
 * process's, if it is the caller. */
int time_base_cpu(struct time_base *base, int32_t id, bool to_read);

/* Any clock that can be waited for: 0, -EINVAL, or -EOPNOTSUPP of one that cannot. */
int time_base_of_clock(struct time_base *base, int32_t id);

uint64_t time_base_now(const struct time_base *base);

/* The process or thread is no more; its clock stands. */
bool time_base_ended(const struct time_base *base);

/* The monotonic time before which the clock cannot say `at`: WAIT_FOREVER when it never will. */
uint64_t time_base_deadline(const struct time_base *base, uint64_t at);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timespec and timeval between user memory and nanoseconds.
 */
#ifndef SYSCALL_TIME_VALUES_H
#define SYSCALL_TIME_VALUES_H

#include <stdint.h>

#define TIME_NS_PER_SECOND 1000000000ul

/* Reads a struct timespec: 0, -EFAULT, -EINVAL. Large spans are cut, so that sums with the clock do not overflow. */
long time_span_in(uint64_t address, uint64_t *ns);
long time_span_out(uint64_t address, uint64_t ns);

/* The same for struct timeval. */
long time_micro_in(uint64_t address, uint64_t *ns);
long time_micro_out(uint64_t address, uint64_t ns);

/* Writes a struct rusage; `process` for its counts, or NULL. */
struct process;
long time_rusage_out(uint64_t address, uint64_t user_ns, uint64_t system_ns, const struct process *process);

#endif

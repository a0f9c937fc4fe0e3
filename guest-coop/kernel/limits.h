/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resource limits (getrlimit(2)): kept once for all processes that never changed theirs, and counted references to a
 * table where one did.
 */
#ifndef KERNEL_LIMITS_H
#define KERNEL_LIMITS_H

#include <stdint.h>

struct process;

#define LIMIT_FILE_SIZE 1u
#define LIMIT_STACK     3u
#define LIMIT_PROCESSES 6u
#define LIMIT_FILES     7u
#define LIMIT_SPACE     9u
#define LIMIT_SIGNALS   11u
#define LIMIT_COUNT     16u
#define LIMIT_INFINITE  UINT64_MAX

struct limit {
    uint64_t soft, hard;
};

struct limits {
    uint32_t references;
    struct limit of[LIMIT_COUNT];
};

/* The limit that holds for the process. */
const struct limit *limits_of(const struct process *process, unsigned which);

/* Changes one for a process and what it forks from now on: 0, -ENOMEM. What may be wished is the caller's to know. */
int limits_set(struct process *process, unsigned which, const struct limit *wanted);

/* fork and exit; NULL, the common table, is allowed. */
struct limits *limits_share(struct limits *limits);
void limits_release(struct limits *limits);

#endif

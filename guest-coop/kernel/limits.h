/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resource limits (getrlimit(2)): kept once for all processes that never changed theirs, and counted references to a
 * table where one did.
 */
#ifndef KERNEL_LIMITS_H
#define KERNEL_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

struct process;

#define LIMIT_TIME      0u
#define LIMIT_FILE_SIZE 1u
#define LIMIT_DATA      2u
#define LIMIT_STACK     3u
#define LIMIT_PROCESSES 6u
#define LIMIT_FILES     7u
#define LIMIT_LOCKED    8u
#define LIMIT_SPACE     9u
#define LIMIT_SIGNALS   11u
#define LIMIT_NICE      13u
#define LIMIT_PRIORITY  14u
#define LIMIT_COUNT     16u
#define LIMIT_INFINITE  UINT64_MAX

struct limit {
    uint64_t soft, hard;
};

struct limits {
    uint32_t references;
    struct limit of[LIMIT_COUNT];
};

/* Tables that are not the common one. Where there is none, nobody has limited memory or time: one load tells. */
extern uint32_t limits_tables;

/* The limit that holds for the process. */
const struct limit *limits_of(const struct process *process, unsigned which);

/* Has the running process's user as many processes and threads as it may (RLIMIT_NPROC)? Never for the superuser. */
bool limits_processes_reached(void);

/* Has it more, leaving so many out? Asked by the calls that change the user, and then by execve. */
bool limits_processes_exceeded(unsigned uncounted);

/* Changes one for a process and what it forks from now on: 0, -ENOMEM. What may be wished is the caller's to know. */
int limits_set(struct process *process, unsigned which, const struct limit *wanted);

/* fork, where the parent has a table of its own. */
void limits_inherit(struct process *child, struct limits *limits);

/* exit; NULL, the common table, is allowed. */
void limits_release(struct limits *limits);

/* Watches the process's time on the CPU (RLIMIT_CPU), where that is limited. */
void limits_watch_time(struct process *leader);

#endif

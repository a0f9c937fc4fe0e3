/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every measured program shares: strict arguments, the repetition loop with its markers and
 * time stamps, and the records. A program fills in one struct harness_workload and calls
 * harness_main(). The region of a repetition is, in this order:
 *
 *     prepare()  BEGIN marker  RDTSC  work()  RDTSC  END marker  cleanup()  one record
 *
 * The same binary runs on any Linux: where /dev/coopbench is missing the records go to standard output, and there are
 * no markers unless COOPBENCH_MARKER is in the environment: then this process writes them to the port itself.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include "coopbench.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A number that --param NAME=VALUE changes. A list of them ends with HARNESS_PARAMETERS_END. */
struct harness_parameter {
    const char *name;
    uint64_t value; /* the default, until the arguments are read */
    uint64_t minimum;
    uint64_t maximum;
};

#define HARNESS_PARAMETERS_END                                                                                         \
    {                                                                                                                  \
        NULL, 0, 0, 0                                                                                                  \
    }

struct harness_measurement {
    uint64_t tsc;                      /* between the two time stamps */
    struct coopbench_counters counted; /* the kernel's counters over the region; 0 without the device */
};

struct harness_workload {
    const char *name; /* group/name, as in the manifest */
    struct harness_parameter *parameters;
    bool takes_program; /* the arguments after "--" are kept in harness_program */

    uint64_t (*operations)(void); /* in one repetition; NULL: the value of the first parameter */
    void (*setup)(void);          /* once, before everything; may be NULL, as the next two */
    void (*prepare)(void);        /* before each repetition, outside the region */
    void (*cleanup)(void);        /* after each repetition, outside the region: checks the work, puts things back */
    void (*teardown)(void);       /* once, at the end */

    void (*work)(void); /* the measured region */
    /* Instead of work, for an operation that the kernel runs: takes the markers and time stamps. */
    void (*measure)(uint64_t region, struct harness_measurement *measurement);
};

/* The program to run, for workloads that take one; ends with NULL. */
extern char **harness_program;

/* The device's descriptor, or -1 on a system without it. */
extern int harness_device;

int harness_main(struct harness_workload *workload, int argc, char **argv);

/* A system call failed: ends the process with an error record that names errno, and status 1. */
_Noreturn void harness_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A result is not what it must be: the same, without errno. */
_Noreturn void harness_wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the process with a skip record and status 0: this system cannot do it. */
_Noreturn void harness_skip(const char *reason);

/* The path of a file installed with the programs, e.g. "helper/hello". Static storage: one at a time. */
const char *harness_installed_path(const char *relative);

/* Whether there is such a file. */
bool harness_is_installed(const char *relative);

/* The path of this process's own temporary file, of equal length for every process. Static storage. */
const char *harness_temporary_path(void);

/* Makes the temporary file with length_bytes bytes of a fixed pattern, open for reading and writing. */
int harness_temporary_file(uint64_t length_bytes);

/* Waits for a child; fails unless it ended with status 0. */
void harness_wait_child(int process);

/* Runs the program arguments[0] in a child, and waits for it: the same. */
void harness_execute(char *const *arguments, char *const *environment);

#endif

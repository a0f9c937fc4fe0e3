/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records of a measured program: one line each, "@coop " and a JSON object, written with a
 * single write(2) to /dev/coopbench, or to standard output on a system without it.
 */
#ifndef HARNESS_RECORDS_H
#define HARNESS_RECORDS_H

#include "harness.h"

/* The workload's name in all records to come. */
void harness_records_name(const char *name);

void harness_records_repetition(const struct harness_workload *workload, uint64_t region, uint64_t repetition,
                                bool warmup, const struct harness_measurement *measurement);
void harness_records_error(const char *reason);
void harness_records_skip(const char *reason);

/* What a program of the user's printed in its first repetition, and the status that it ended with. */
void harness_records_output(int status, uint64_t bytes, uint64_t digest);

#endif

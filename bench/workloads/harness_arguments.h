/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of a measured program, read strictly: an unknown option, a number that is not
 * one, or a parameter outside its limits ends with one line that says so.
 */
#ifndef HARNESS_ARGUMENTS_H
#define HARNESS_ARGUMENTS_H

#include "harness.h"

struct harness_options {
    uint64_t runs;
    uint64_t warmup;
    bool list_parameters;
};

/* Sets the workload's parameters and the options. False: refused, and the reason was printed. */
bool harness_arguments_read(struct harness_workload *workload, struct harness_options *options, int argc, char **argv);

/* Prints one line "name default minimum maximum" for each parameter. */
void harness_arguments_list(const struct harness_workload *workload);

#endif

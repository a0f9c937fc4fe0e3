/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UnixBench's shell scripts: a number of shells at once, each of which makes, sorts, dumps, filters and counts a list
 * (mix/shell.sh); an operation is one script.
 */
#ifndef SHELL_SCRIPTS_H
#define SHELL_SCRIPTS_H

#include <stdint.h>

/* main() of a workload; `at_once` is how many there are by default. */
int shell_scripts_main(const char *name, uint64_t at_once, int argc, char **argv);

#endif

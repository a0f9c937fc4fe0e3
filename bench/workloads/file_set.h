/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of one size in one folder, for the rows of lmbench's lat_fs: which of making and removing them is measured is
 * the workload's to say.
 */
#ifndef FILE_SET_H
#define FILE_SET_H

#include <stdbool.h>
#include <stdint.h>

/* main() of a workload that measures the making of files, or else the removing; `bytes` is how long they are by
 * default. */
int file_set_main(const char *name, bool measures_making, uint64_t bytes, int argc, char **argv);

#endif

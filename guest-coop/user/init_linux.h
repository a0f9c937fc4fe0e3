/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What /init does where the kernel is Linux and not guest-coop: it mounts what programs expect, and since there is no
 * /dev/coopbench, the second serial line is the channel of the records.
 */
#ifndef INIT_LINUX_H
#define INIT_LINUX_H

#include <stdbool.h>

#define INIT_LINUX_RECORDS "/dev/ttyS1"
#define INIT_LINUX_MARKER  "COOPBENCH_MARKER" /* tells a measured program that it may write to the marker's port */

/* Mounts /proc, /sys and /dev if they are empty. Whether this kernel is one that needs it: not guest-coop. */
bool init_linux_prepare(void);

/* Makes the records' channel raw, says who this guest is, and lets what is started use the marker's port if the words
 * ask for it (marker=port). 0, or -1 with errno. */
int init_linux_records(const char *command_line);

/* The verdict, on the records' channel, and with marker=port at the exit port, which ends the machine where there is
 * one. */
void init_linux_end(bool ok, const char *reason);

#endif

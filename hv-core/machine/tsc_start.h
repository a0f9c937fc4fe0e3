/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the clocks' frequencies are found.
 */
#ifndef MACHINE_TSC_START_H
#define MACHINE_TSC_START_H

void tsc_start(const char *command_line);

#endif

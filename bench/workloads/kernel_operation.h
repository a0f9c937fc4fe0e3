/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A measured program whose operation runs in kernel mode: the kernel loops, and takes the markers
 * and time stamps itself. On a system without /dev/coopbench the program ends with a skip record.
 */
#ifndef KERNEL_OPERATION_H
#define KERNEL_OPERATION_H

#include "harness.h"

/*
 * The whole of main(): name is group/name, unavailable the reason that is given where the machine
 * cannot do it (ENODEV), iterations the default for the parameter of that name.
 */
int kernel_operation_main(const char *name, enum coopbench_nano_operation operation, uint64_t iterations,
                          const char *unavailable, int argc, char **argv);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page fault on a not-present kernel page, delivered to the kernel, whose handler skips the
 * access.
 */
#include "kernel_operation.h"

int main(int argc, char **argv)
{
    return kernel_operation_main("nano/pgfault", COOPBENCH_NANO_PGFAULT, 1000, "this kernel cannot skip a fault", argc,
                                 argv);
}

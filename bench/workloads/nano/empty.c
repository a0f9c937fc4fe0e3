/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loop of the kernel's nano operations with nothing in it: what to subtract from the
 * others.
 */
#include "kernel_operation.h"

int main(int argc, char **argv)
{
    return kernel_operation_main("nano/empty", COOPBENCH_NANO_EMPTY, 10000, "this kernel has no empty loop", argc,
                                 argv);
}

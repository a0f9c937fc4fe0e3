/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A divide error, delivered to the kernel, whose handler skips the instruction.
 */
#include "kernel_operation.h"

int main(int argc, char **argv)
{
    return kernel_operation_main("nano/divzero", COOPBENCH_NANO_DIVZERO, 1000, "this kernel cannot skip a fault", argc,
                                 argv);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MOV to CR8: the task priority that a kernel raises and lowers around critical code.
 */
#include "kernel_operation.h"

int main(int argc, char **argv)
{
    return kernel_operation_main("nano/cr8wr", COOPBENCH_NANO_CR8WR, 10000, "this processor has no CR8", argc, argv);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IN from a port where nothing listens: the cost of one trapped port access.
 */
#include "kernel_operation.h"

int main(int argc, char **argv)
{
    return kernel_operation_main("nano/in", COOPBENCH_NANO_IN, 1000, "this kernel offers no port access", argc, argv);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An address space of 64 pages in 4 page tables: built, loaded, read, left, freed, by the kernel's own steps.
 */
#include "kernel_operation.h"

int main(int argc, char **argv)
{
    return kernel_operation_main("nano/space", COOPBENCH_NANO_SPACE, 100,
                                 "this kernel cannot build address spaces here", argc, argv);
}

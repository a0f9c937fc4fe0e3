/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One page-table entry changed through the kernel's own path; nobody touches its page.
 */
#include "kernel_operation.h"

int main(int argc, char **argv)
{
    return kernel_operation_main("nano/ptemod", COOPBENCH_NANO_PTEMOD, 1000,
                                 "this kernel cannot change a page-table entry here", argc, argv);
}

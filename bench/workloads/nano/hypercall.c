/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The null hypercall: from the kernel to the hypervisor and back.
 */
#include "kernel_operation.h"

int main(int argc, char **argv)
{
    return kernel_operation_main("nano/hypercall", COOPBENCH_NANO_HYPERCALL, 1000, "there is no hypervisor of ours",
                                 argc, argv);
}

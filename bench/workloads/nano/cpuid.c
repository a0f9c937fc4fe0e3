/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPUID leaf 0, which VT-x always and AMD-V nearly always traps.
 */
#include "kernel_operation.h"

int main(int argc, char **argv)
{
    return kernel_operation_main("nano/cpuid", COOPBENCH_NANO_CPUID, 1000, "this processor has no CPUID", argc, argv);
}

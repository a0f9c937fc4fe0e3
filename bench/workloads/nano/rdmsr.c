/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RDMSR of APIC_BASE, a register that a hypervisor keeps to itself.
 */
#include "kernel_operation.h"

int main(int argc, char **argv)
{
    return kernel_operation_main("nano/rdmsr", COOPBENCH_NANO_RDMSR, 1000, "this processor has no APIC_BASE", argc,
                                 argv);
}

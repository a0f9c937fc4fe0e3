/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC timer armed, HLT until it fires, end of interrupt: idle time is accounted
 * apart.
 */
#include "kernel_operation.h"

int main(int argc, char **argv)
{
    return kernel_operation_main("nano/timer", COOPBENCH_NANO_TIMER, 100, "this machine has no local APIC timer", argc,
                                 argv);
}

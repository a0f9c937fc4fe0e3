/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cpu part for a kernel that runs in ring 3.
 */
#ifndef PV_PARAVIRT_CPU_H
#define PV_PARAVIRT_CPU_H

#include "pv/pv.h"

/* Fills the operations. pv_machine.vcpu is known. */
void paravirt_cpu_start(struct pv_cpu_operations *cpu);

#endif

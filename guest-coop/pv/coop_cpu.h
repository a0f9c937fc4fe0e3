/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ring 0 beside a hypervisor with events.
 */
#ifndef PV_COOP_CPU_H
#define PV_COOP_CPU_H

#include "pv/pv.h"

/* Fills in the cpu part. */
void coop_cpu_start(struct pv_cpu_operations *cpu);

#endif

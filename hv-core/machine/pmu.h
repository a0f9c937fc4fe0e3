/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Performance counters over a region, the guest's and the hypervisor's apart: asked for by the boot word
 * pmu=ENCODING,... and set up by pmu_plan.c. Where a CPU has none that count, one line says so, and the record of the
 * machine does.
 */
#ifndef MACHINE_PMU_H
#define MACHINE_PMU_H

#include "machine/pmu_plan.h"

struct pmu_counts {
    uint64_t guest, hypervisor;
};

/* Reads the words and tries the counters of this CPU. 0, also where there are none; -EINVAL with a line in `why`. */
int pmu_start(const char *words, enum pmu_split split, char *why, size_t size);

/* NULL where nobody asked; otherwise "on", or why there are none. */
const char *pmu_state(void);

/* How many events are counted; 0 where none is. */
unsigned pmu_event_count(void);
uint64_t pmu_encoding(unsigned event);

/* What a CPU with IA32_PERF_GLOBAL_CTRL is to have in it in the guest and outside. False: nothing is switched there. */
bool pmu_global(uint64_t *guest, uint64_t *hypervisor);

/* Sets the counters of this CPU to 0 and lets them count; and what they have counted since. */
void pmu_begin(void);
void pmu_read(unsigned event, struct pmu_counts *counts);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which performance counters a CPU has, and what goes into their registers so that each event is counted twice: for the
 * guest, and for the hypervisor. From a snapshot of CPUID and the words of the command line. Pure.
 */
#ifndef MACHINE_PMU_PLAN_H
#define MACHINE_PMU_PLAN_H

#include <coopvirt/x86_instructions.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PMU_EVENTS_MOST 4u

struct pmu_cpuid {
    bool is_amd, is_intel; /* by the vendor's name, which the families are counted under */
    uint8_t family;
    struct x86_cpuid monitoring; /* leaf 0Ah, zeros where there is none */
    uint32_t extended_ecx;       /* leaf 80000001h */
};

/* What CPUID promises. `lacks` is NULL, or says why nothing is counted. */
struct pmu {
    const char *lacks;
    bool has_global;         /* one register switches all counters (IA32_PERF_GLOBAL_CTRL) */
    unsigned counters, bits; /* how many, and their width */
    uint32_t select, select_step, counter, counter_step; /* MSRs of the first, and from one to the next */
};

/* How guest and hypervisor are told apart: by what the CPU runs, or, for a kernel in ring 3, by ring. */
enum pmu_split { PMU_SPLIT_WORLDS, PMU_SPLIT_RINGS };

struct pmu_events {
    unsigned count;
    uint64_t encodings[PMU_EVENTS_MOST]; /* event-select register, the event's part */
};

struct pmu_counter {
    uint32_t select_msr, counter_msr;
    uint64_t select;
};

/* Event i is counted for the guest in counter 2i, for the hypervisor in 2i + 1. */
struct pmu_plan {
    unsigned counters;
    struct pmu_counter counter[2 * PMU_EVENTS_MOST];
    uint64_t mask;                      /* the bits of a counter that count */
    bool has_global;                    /* the next two are to be in IA32_PERF_GLOBAL_CTRL: */
    uint64_t guest_enable, host_enable; /* while the guest runs, and else; equal where rings tell them apart */
};

void pmu_detect(const struct pmu_cpuid *cpuid, struct pmu *pmu);

/* The word pmu=NUMBER,NUMBER... 0 with `events->count` 0 where there is no such word, or it is 0; or -EINVAL with a
 * line in `why`. */
int pmu_read_events(const char *words, struct pmu_events *events, char *why, size_t size);

/* 0; or -ENODEV with a line in `why` where the CPU cannot count so many events in that way. */
int pmu_make_plan(const struct pmu *pmu, const struct pmu_events *events, enum pmu_split split, struct pmu_plan *plan,
                  char *why, size_t size);

#endif

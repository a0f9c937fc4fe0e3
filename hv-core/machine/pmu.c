/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registers of the plan. Emulators promise counters that are not there, so the first is tried: what is written must
 * stand in it, and it must move.
 */
#include "machine/pmu.h"
#include "machine/cpu_features.h"
#include "machine/log.h"
#include "machine/msr_try.h"
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

#define PMU_LEAF          0x0au
#define PMU_LEAF_EXTENDED 0x80000001u
#define PMU_TRIED         0x1234u /* a count that a counter takes */
#define PMU_TRIED_LOOPS   1000u
#define PMU_INSTRUCTIONS  0xc0u /* instructions retired, the same number for both vendors */

/* Constant after start. */
static struct pmu_events pmu_events;
static struct pmu_plan pmu_plan;
static bool pmu_is_asked, pmu_is_on;
static char pmu_lacks[128];

static void pmu_snapshot(struct pmu_cpuid *cpuid)
{
    const struct cpu_features *features = cpu_features();

    *cpuid = (struct pmu_cpuid){
        .is_amd = strcmp(features->vendor, "AuthenticAMD") == 0,
        .is_intel = strcmp(features->vendor, "GenuineIntel") == 0,
        .family = features->family,
        .extended_ecx = x86_cpuid(PMU_LEAF_EXTENDED, 0).ecx,
    };
    if (x86_cpuid(0, 0).eax >= PMU_LEAF)
        cpuid->monitoring = x86_cpuid(PMU_LEAF, 0);
}

static bool pmu_write(const struct pmu_counter *counter, uint64_t select, uint64_t value)
{
    return msr_try_write(counter->select_msr, 0) && msr_try_write(counter->counter_msr, value) &&
           msr_try_write(counter->select_msr, select);
}

/* NULL: the hypervisor's counter of an event holds what is written, and counts instructions. */
static const char *pmu_try(const struct pmu_counter *counter)
{
    uint64_t before = 0, after = 0;

    if (!pmu_write(counter, 0, PMU_TRIED) || !msr_try_read(counter->counter_msr, &before))
        return "the registers of its counters do not exist";
    if (before != PMU_TRIED)
        return "its counters do not hold what is written to them";
    if ((pmu_plan.has_global && !msr_try_write(X86_MSR_PERF_GLOBAL, pmu_plan.host_enable)) ||
        !pmu_write(counter, counter->select, 0))
        return "its counters cannot be switched on";
    for (volatile unsigned i = 0; i < PMU_TRIED_LOOPS; i++)
        ;
    if (!msr_try_read(counter->counter_msr, &after) || after < PMU_TRIED_LOOPS)
        return "its counters do not count";
    return 0;
}

int pmu_start(const char *words, enum pmu_split split, char *why, size_t size)
{
    struct pmu_cpuid cpuid;
    struct pmu pmu;
    struct pmu_plan trial;
    const struct pmu_events instructions = {1, {PMU_INSTRUCTIONS}};
    const char *fails;
    int error = pmu_read_events(words, &pmu_events, why, size);

    pmu_is_asked = !error && pmu_events.count;
    if (!pmu_is_asked)
        return error;
    pmu_snapshot(&cpuid);
    pmu_detect(&cpuid, &pmu);
    if (pmu_make_plan(&pmu, &pmu_events, split, &pmu_plan, pmu_lacks, sizeof(pmu_lacks)) == 0) {
        /* By ring: a counter for the host only counts nothing before EFER.SVME is set. */
        pmu_make_plan(&pmu, &instructions, PMU_SPLIT_RINGS, &trial, pmu_lacks, sizeof(pmu_lacks));
        fails = pmu_try(&trial.counter[1]);
        pmu_is_on = !fails;
        string_copy(pmu_lacks, fails ? fails : "", sizeof(pmu_lacks));
    }
    if (pmu_is_on)
        log_info("pmu: %u events in %u of %u counters of %u bits", pmu_events.count, pmu_plan.counters, pmu.counters,
                 pmu.bits);
    else
        log_warning("pmu: no PMU: %s", pmu_lacks);
    return 0;
}

const char *pmu_state(void)
{
    return pmu_is_on ? "on" : pmu_is_asked ? pmu_lacks : 0;
}

unsigned pmu_event_count(void)
{
    return pmu_is_on ? pmu_events.count : 0;
}

uint64_t pmu_encoding(unsigned event)
{
    return pmu_events.encodings[event];
}

bool pmu_global(uint64_t *guest, uint64_t *hypervisor)
{
    *guest = pmu_plan.guest_enable;
    *hypervisor = pmu_plan.host_enable;
    return pmu_is_on && pmu_plan.has_global && *guest != *hypervisor;
}

void pmu_begin(void)
{
    for (unsigned i = 0; i < pmu_plan.counters; i++)
        pmu_write(&pmu_plan.counter[i], pmu_plan.counter[i].select, 0);
    if (pmu_plan.has_global)
        msr_try_write(X86_MSR_PERF_GLOBAL, pmu_plan.host_enable);
}

static uint64_t pmu_read_one(unsigned counter)
{
    uint64_t value = 0;

    msr_try_read(pmu_plan.counter[counter].counter_msr, &value);
    return value & pmu_plan.mask;
}

void pmu_read(unsigned event, struct pmu_counts *counts)
{
    counts->guest = pmu_read_one(2 * event);
    counts->hypervisor = pmu_read_one(2 * event + 1);
}

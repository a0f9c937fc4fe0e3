/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SDM vol. 3, "Architectural Performance Monitoring"; APM vol. 2, "Performance Monitoring Counters". Intel switches
 * guest and hypervisor by IA32_PERF_GLOBAL_CTRL at entry and exit, AMD by two bits in each event-select register.
 */
#include "machine/pmu_plan.h"
#include <coopvirt/error.h>
#include <coopvirt/format.h>
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

#define PMU_AMD_FAMILY_LEAST  0x10u /* the first whose counters know guests */
#define PMU_AMD_COUNTERS      4u
#define PMU_AMD_COUNTERS_CORE 6u
#define PMU_AMD_BITS          48u
#define PMU_AMD_CORE          (1u << 23) /* leaf 80000001h ECX: PerfCtrExtCore */
#define PMU_GLOBAL_VERSION    2u         /* the first with IA32_PERF_GLOBAL_CTRL */

/* Event-select register */
#define PMU_SELECT_USER   (1ull << 16)
#define PMU_SELECT_KERNEL (1ull << 17)
#define PMU_SELECT_ENABLE (1ull << 22)
#define PMU_SELECT_GUEST  (1ull << 40) /* AMD */
#define PMU_SELECT_HOST   (1ull << 41)
/* What an encoding may have: event, unit mask, edge, inversion, threshold; AMD's upper bits of the event. */
#define PMU_SELECT_EVENT 0xfff84ffffull

static void pmu_detect_amd(const struct pmu_cpuid *cpuid, struct pmu *pmu)
{
    bool is_core = cpuid->extended_ecx & PMU_AMD_CORE;

    if (cpuid->family < PMU_AMD_FAMILY_LEAST) {
        pmu->lacks = "its counters cannot tell a guest (AMD before family 10h)";
        return;
    }
    pmu->counters = is_core ? PMU_AMD_COUNTERS_CORE : PMU_AMD_COUNTERS;
    pmu->bits = PMU_AMD_BITS;
    pmu->select = is_core ? X86_MSR_AMD_CORE_SELECT : X86_MSR_AMD_SELECT;
    pmu->counter = is_core ? X86_MSR_AMD_CORE_COUNT : X86_MSR_AMD_COUNTER;
    pmu->select_step = pmu->counter_step = is_core ? 2 : 1;
}

static void pmu_detect_intel(const struct pmu_cpuid *cpuid, struct pmu *pmu)
{
    uint32_t eax = cpuid->monitoring.eax;

    if ((eax & 0xff) < PMU_GLOBAL_VERSION) {
        pmu->lacks = "CPUID leaf 0Ah has no architectural performance monitoring of version 2";
        return;
    }
    pmu->has_global = true;
    pmu->counters = eax >> 8 & 0xff;
    pmu->bits = eax >> 16 & 0xff;
    pmu->select = X86_MSR_PERFEVTSEL;
    pmu->counter = X86_MSR_PMC;
    pmu->select_step = pmu->counter_step = 1;
}

void pmu_detect(const struct pmu_cpuid *cpuid, struct pmu *pmu)
{
    *pmu = (struct pmu){0};
    if (cpuid->is_amd)
        pmu_detect_amd(cpuid, pmu);
    else if (cpuid->is_intel)
        pmu_detect_intel(cpuid, pmu);
    else
        pmu->lacks = "nothing is known of this vendor's counters";
    if (!pmu->lacks && (pmu->bits == 0 || pmu->bits > 63))
        pmu->lacks = "CPUID names no width of its counters";
}

static int pmu_digit(char digit)
{
    return digit >= '0' && digit <= '9' ? digit - '0' : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* A number in hexadecimal behind 0x. Where it ends; NULL: none, or too great. */
static const char *pmu_read_number(const char *text, uint64_t *number)
{
    if (text[0] != '0' || text[1] != 'x' || pmu_digit(text[2]) < 0)
        return 0;
    for (text += 2, *number = 0; pmu_digit(*text) >= 0; text++) {
        if (*number >> 60)
            return 0;
        *number = *number << 4 | (uint64_t)pmu_digit(*text);
    }
    return text;
}

int pmu_read_events(const char *words, struct pmu_events *events, char *why, size_t size)
{
    char text[PMU_EVENTS_MOST * 20] = "0";
    const char *at = text;

    events->count = 0;
    if (string_option(words, "pmu", text, sizeof(text)) >= (int)sizeof(text)) {
        format_string(why, size, "pmu=%.20s...: that is too long", text);
        return -EINVAL;
    }
    if (text[0] == '0' && !text[1])
        return 0;
    do {
        uint64_t *number = &events->encodings[events->count];

        if (events->count == PMU_EVENTS_MOST) {
            format_string(why, size, "pmu=%s: at most %u events", text, PMU_EVENTS_MOST);
            return -EINVAL;
        }
        at = pmu_read_number(at, number);
        if (!at || (*at && *at != ',') || *number == 0 || *number & ~PMU_SELECT_EVENT) {
            format_string(why, size, "pmu=%s: that is no list of encodings such as 0xc0,0xe08", text);
            return -EINVAL;
        }
        events->count++;
    } while (*at++ == ',');
    return 0;
}

/* Which bits tell the guest's counter from the hypervisor's. */
static uint64_t pmu_select_side(const struct pmu *pmu, enum pmu_split split, bool is_guest)
{
    if (split == PMU_SPLIT_RINGS)
        return is_guest ? PMU_SELECT_USER : PMU_SELECT_KERNEL;
    uint64_t rings = PMU_SELECT_USER | PMU_SELECT_KERNEL;
    return pmu->has_global ? rings : rings | (is_guest ? PMU_SELECT_GUEST : PMU_SELECT_HOST);
}

int pmu_make_plan(const struct pmu *pmu, const struct pmu_events *events, enum pmu_split split, struct pmu_plan *plan,
                  char *why, size_t size)
{
    *plan = (struct pmu_plan){.counters = 2 * events->count};
    if (pmu->lacks) {
        format_string(why, size, "%s", pmu->lacks);
        return -ENODEV;
    }
    if (plan->counters > pmu->counters) {
        format_string(why, size, "%u events want two counters each, and there are %u", events->count, pmu->counters);
        return -ENODEV;
    }
    plan->mask = (1ull << pmu->bits) - 1;
    plan->has_global = pmu->has_global;
    for (unsigned i = 0; i < plan->counters; i++) {
        bool is_guest = i % 2 == 0;

        plan->counter[i] = (struct pmu_counter){
            .select_msr = pmu->select + i * pmu->select_step,
            .counter_msr = pmu->counter + i * pmu->counter_step,
            .select = events->encodings[i / 2] | pmu_select_side(pmu, split, is_guest) | PMU_SELECT_ENABLE,
        };
        if (is_guest || split == PMU_SPLIT_RINGS)
            plan->guest_enable |= 1ull << i;
        if (!is_guest || split == PMU_SPLIT_RINGS)
            plan->host_enable |= 1ull << i;
    }
    return 0;
}

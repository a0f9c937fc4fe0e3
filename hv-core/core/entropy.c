/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where there is RDRAND on a bare machine, each number comes from it. Under an emulator or another hypervisor (CPUID
 * says so, or there is no RDRAND) they come from a generator that the time-stamp counter has seeded, so that runs
 * repeat where time does: good enough to drive a device, and no secret.
 */
#include "core/entropy.h"
#include <coopvirt/x86_instructions.h>

#define ENTROPY_CPUID_RDRAND     (1u << 30) /* CPUID 1, ECX */
#define ENTROPY_CPUID_HYPERVISOR (1u << 31)
#define ENTROPY_RETRIES          10 /* SDM vol. 1, "Random Number Generator Instructions" */

static bool entropy_has_source(void)
{
    uint32_t features = x86_cpuid(1, 0).ecx;
    return features & ENTROPY_CPUID_RDRAND && !(features & ENTROPY_CPUID_HYPERVISOR);
}

static bool entropy_rdrand(uint64_t *number)
{
    bool is_good = false;
    for (unsigned i = 0; i < ENTROPY_RETRIES && !is_good; i++)
        __asm__ volatile("rdrand %0" : "=r"(*number), "=@ccc"(is_good));
    return is_good;
}

void entropy_start(struct entropy *entropy, uint64_t seed)
{
    entropy->has_source = entropy_has_source();
    entropy->state = seed;
}

/* Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014. */
uint64_t entropy_next(struct entropy *entropy)
{
    uint64_t number;
    if (entropy->has_source && entropy_rdrand(&number))
        return number;
    number = entropy->state += 0x9e3779b97f4a7c15;
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
    number = (number ^ number >> 27) * 0x94d049bb133111eb;
    return number ^ number >> 31;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What CPUID tells a guest: the machine's answer, less what is not switched between VCPUs or not there for a guest,
 * and our own block. Prepared once per VCPU; leaves that depend on what the guest has enabled are put right at the
 * exit. Pure.
 */
#ifndef CORE_CPUID_POLICY_H
#define CORE_CPUID_POLICY_H

#include <stdbool.h>
#include <coopvirt/abi.h>
#include <stdint.h>

/* A leaf's answer. */
struct cpuid_leaf {
    uint32_t eax, ebx, ecx, edx;
};

#define CPUID_LEAVES 0x20 /* prepared, of each of the two ranges */

struct cpuid_config {
    unsigned vcpu, vcpus;
    uint64_t xcr0_allowed;
    bool hides_smap; /* the kernel is in ring 3, or on tables of its own */
    bool hides_pcid; /* translations of one address space only are cached */
    uint32_t tsc_khz, lapic_khz;
    bool hides_apic;       /* there is no interrupt controller */
    uint32_t features;     /* COOP_FEATURE_ beside the marker port */
    coop_paddr start_info; /* 0: none */
};

struct cpuid_table {
    struct cpuid_leaf basic[CPUID_LEAVES], extended[CPUID_LEAVES], own[4];
};

/* Takes away what a guest does not get from the machine's answer. */
void cpuid_policy_filter(uint32_t leaf, uint32_t subleaf, const struct cpuid_config *config, struct cpuid_leaf *answer);

/* Fills the table; `machine` answers as the CPU does. */
void cpuid_policy_prepare(struct cpuid_table *table, const struct cpuid_config *config,
                          struct cpuid_leaf (*machine)(uint32_t leaf, uint32_t subleaf));

/* Shows whether the guest has set CR4.OSXSAVE. */
void cpuid_policy_show_osxsave(struct cpuid_table *table, bool is_on);

/* Names the start-info. */
void cpuid_policy_show_start_info(struct cpuid_table *table, coop_paddr start_info);

/* Whether a leaf answers differently for other values of ECX (its prepared answer is that for 0). */
static inline bool cpuid_policy_has_subleaves(uint32_t leaf)
{
    return leaf < CPUID_LEAVES && (1u << 4 | 1u << 7 | 1u << 0xb | 1u << 0xd | 1u << 0xf | 1u << 0x10 | 1u << 0x12 |
                                   1u << 0x14 | 1u << 0x17 | 1u << 0x18) >>
                                          leaf &
                                      1;
}

/* The prepared answer, or NULL where there is none. */
static inline const struct cpuid_leaf *cpuid_policy_find(const struct cpuid_table *table, uint32_t leaf)
{
    if (leaf < CPUID_LEAVES)
        return &table->basic[leaf];
    if (leaf - 0x80000000u < CPUID_LEAVES)
        return &table->extended[leaf - 0x80000000u];
    return leaf - 0x40000000u < 4 ? &table->own[leaf - 0x40000000u] : 0;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lists of what is hidden. APM vol. 3, Appendix E "Obtaining Processor Information Via the CPUID Instruction".
 */
#include "core/cpuid_policy.h"
#include <coopvirt/abi.h>

#define BIT(n) (1u << (n))

/* 00000001h ECX */
#define FEATURE_MONITOR      BIT(3)
#define FEATURE_VMX          BIT(5)
#define FEATURE_PCID         BIT(17)
#define FEATURE_X2APIC       BIT(21)
#define FEATURE_TSC_DEADLINE BIT(24)
#define FEATURE_XSAVE        BIT(26)
#define FEATURE_OSXSAVE      BIT(27)
#define FEATURE_AVX          BIT(28)
#define FEATURE_F16C         BIT(29)
#define FEATURE_FMA          BIT(12)
#define FEATURE_RDRAND       BIT(30)
#define FEATURE_HYPERVISOR   BIT(31)
/* DTES64, DS-CPL, SMX, EST, TM2, debug MSR, xTPR, PDCM, DCA: what lies in MSRs that a guest does not get. */
#define FEATURE_INTEL_MSRS (BIT(2) | BIT(4) | BIT(6) | BIT(7) | BIT(8) | BIT(11) | BIT(14) | BIT(15) | BIT(18))
/* 00000001h EDX */
#define FEATURE_HTT         BIT(28)
#define FEATURE_APIC        BIT(9)
#define FEATURE_INTEL_POWER (BIT(21) | BIT(22) | BIT(29) | BIT(31)) /* DS, ACPI, TM, PBE */
/* 00000007h EBX */
#define FEATURE_SGX        BIT(2)
#define FEATURE_TSC_ADJUST BIT(1)
#define FEATURE_AVX2       BIT(5)
#define FEATURE_INVPCID    BIT(10)
#define FEATURE_RDT        (BIT(12) | BIT(15))
#define FEATURE_MPX        BIT(14)
#define FEATURE_AVX512     (BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) | BIT(30) | BIT(31))
#define FEATURE_RDSEED     BIT(18)
#define FEATURE_SMAP       BIT(20)
#define FEATURE_PT         BIT(25)
/* 00000007h ECX: what is left is UMIP, VAES, VPCLMULQDQ, RDPID. PKU, CET, LA57, WAITPKG and the rest have state or
 * exits of their own. */
#define FEATURES_7C_KEPT (BIT(2) | BIT(9) | BIT(10) | BIT(22))
/* 00000007h EDX: FSRM only; the rest are MSRs. */
#define FEATURES_7D_KEPT BIT(4)
/* 0000000Dh subleaf 1 EAX: XSAVEOPT, XSAVEC, XGETBV with ECX 1; not XSAVES, whose MSR is refused. */
#define FEATURES_D1_KEPT (BIT(0) | BIT(1) | BIT(2))
/* 80000001h ECX: SVM, extended APIC space, CR8 by LOCK MOV CR0, OSVW, IBS, SKINIT, WDT, LWP, node-id MSR, topology,
 * counters, MWAITX */
#define FEATURE_EXTENDED_HIDDEN                                                                                        \
    (BIT(2) | BIT(3) | BIT(4) | BIT(9) | BIT(10) | BIT(12) | BIT(13) | BIT(15) | BIT(19) | BIT(22) | BIT(23) |         \
     BIT(24) | BIT(26) | BIT(27) | BIT(28) | BIT(29))
#define FEATURE_CMP_LEGACY BIT(1)
/* 80000007h EDX: invariant TSC */
#define FEATURE_INVARIANT BIT(8)
/* 80000008h EBX: CLZERO, always-save of the FPU error pointers, WBNOINVD */
#define FEATURES_8B_KEPT (BIT(0) | BIT(2))

static void cpuid_filter_features(const struct cpuid_config *config, struct cpuid_leaf *a)
{
    a->ebx = (a->ebx & 0x0000ffff) | config->vcpu << 24 | config->vcpus << 16;
    a->ecx &= ~(FEATURE_MONITOR | FEATURE_VMX | FEATURE_X2APIC | FEATURE_TSC_DEADLINE | FEATURE_OSXSAVE |
                FEATURE_RDRAND | FEATURE_INTEL_MSRS);
    a->ecx |= FEATURE_HYPERVISOR;
    if (config->hides_pcid)
        a->ecx &= ~FEATURE_PCID;
    if (!config->xcr0_allowed)
        a->ecx &= ~FEATURE_XSAVE;
    if (!(config->xcr0_allowed & 4))
        a->ecx &= ~(FEATURE_AVX | FEATURE_F16C | FEATURE_FMA);
    a->edx &= ~(FEATURE_INTEL_POWER | FEATURE_HTT);
    if (config->hides_apic)
        a->edx &= ~FEATURE_APIC;
    if (config->vcpus > 1)
        a->edx |= FEATURE_HTT;
}

static void cpuid_filter_structured(uint32_t subleaf, const struct cpuid_config *config, struct cpuid_leaf *a)
{
    if (subleaf) {
        *a = (struct cpuid_leaf){0};
        return;
    }
    a->eax = 0;
    /* RDSEED is hidden like RDRAND, so that runs repeat. */
    a->ebx &= ~(FEATURE_SGX | FEATURE_TSC_ADJUST | FEATURE_RDT | FEATURE_MPX | FEATURE_AVX512 | FEATURE_RDSEED |
                FEATURE_PT);
    if (config->hides_smap)
        a->ebx &= ~FEATURE_SMAP;
    if (config->hides_pcid)
        a->ebx &= ~FEATURE_INVPCID;
    if (!(config->xcr0_allowed & 4))
        a->ebx &= ~FEATURE_AVX2;
    a->ecx &= FEATURES_7C_KEPT;
    a->edx &= FEATURES_7D_KEPT;
}

static void cpuid_filter_xsave(uint32_t subleaf, const struct cpuid_config *config, struct cpuid_leaf *a)
{
    if (subleaf == 0) {
        a->eax = (uint32_t)config->xcr0_allowed;
        a->edx = 0;
        a->ecx = config->xcr0_allowed & 4 ? 576 + 256 : 576; /* legacy area, header, AVX */
    } else if (subleaf == 1) {
        *a = (struct cpuid_leaf){.eax = a->eax & FEATURES_D1_KEPT};
    } else if (subleaf >= 63 || !(config->xcr0_allowed >> subleaf & 1)) {
        *a = (struct cpuid_leaf){0};
    }
}

static void cpuid_filter_extended(uint32_t leaf, const struct cpuid_config *config, struct cpuid_leaf *a)
{
    switch (leaf) {
    case 0x80000001:
        a->ecx &= ~(FEATURE_EXTENDED_HIDDEN | FEATURE_CMP_LEGACY);
        if (config->vcpus > 1)
            a->ecx |= FEATURE_CMP_LEGACY;
        break;
    case 0x80000007:
        *a = (struct cpuid_leaf){.edx = a->edx & FEATURE_INVARIANT};
        break;
    case 0x80000008:
        a->ebx &= FEATURES_8B_KEPT;
        a->ecx = config->vcpus - 1;
        a->edx = 0;
        break;
    default:
        if (leaf > 0x80000008)
            *a = (struct cpuid_leaf){0}; /* SVM, TLB and cache topology, encrypted memory */
        break;
    }
}

void cpuid_policy_filter(uint32_t leaf, uint32_t subleaf, const struct cpuid_config *config, struct cpuid_leaf *answer)
{
    if (leaf >= 0x80000000) {
        if (leaf == 0x80000000 && answer->eax > 0x80000008)
            answer->eax = 0x80000008;
        cpuid_filter_extended(leaf, config, answer);
        return;
    }
    switch (leaf) {
    case 0x00000000:
        if (answer->eax > 0x16)
            answer->eax = 0x16;
        break;
    case 0x00000001:
        cpuid_filter_features(config, answer);
        break;
    case 0x00000002:
    case 0x00000015:
    case 0x00000016:
        break;
    case 0x00000004: /* caches, not who shares them */
        answer->eax &= 0x00003fff;
        break;
    case 0x00000007:
        cpuid_filter_structured(subleaf, config, answer);
        break;
    case 0x0000000d:
        cpuid_filter_xsave(subleaf, config, answer);
        break;
    default: /* MWAIT, power, counters, topology (x2APIC only), resource control, SGX, trace */
        *answer = (struct cpuid_leaf){0};
        break;
    }
}

void cpuid_policy_prepare(struct cpuid_table *table, const struct cpuid_config *config,
                          struct cpuid_leaf (*machine)(uint32_t leaf, uint32_t subleaf))
{
    uint32_t basic_last = machine(0, 0).eax, extended_last = machine(0x80000000, 0).eax;
    *table = (struct cpuid_table){0};
    for (uint32_t i = 0; i < CPUID_LEAVES; i++) {
        if (i <= basic_last) {
            table->basic[i] = machine(i, 0);
            cpuid_policy_filter(i, 0, config, &table->basic[i]);
        }
        if (0x80000000 + i <= extended_last) {
            table->extended[i] = machine(0x80000000 + i, 0);
            cpuid_policy_filter(0x80000000 + i, 0, config, &table->extended[i]);
        }
    }
    table->own[0] = (struct cpuid_leaf){COOP_CPUID_FIRST + COOP_CPUID_LAST, COOP_CPUID_SIGNATURE0,
                                        COOP_CPUID_SIGNATURE1, COOP_CPUID_SIGNATURE2};
    table->own[1] = (struct cpuid_leaf){.eax = COOP_ABI_VERSION, .ebx = COOP_FEATURE_MARKER | config->features};
    table->own[2] = (struct cpuid_leaf){.eax = config->tsc_khz, .ebx = config->lapic_khz};
    cpuid_policy_show_start_info(table, config->start_info);
}

void cpuid_policy_show_start_info(struct cpuid_table *table, coop_paddr start_info)
{
    table->own[3] = (struct cpuid_leaf){.eax = (uint32_t)start_info, .ebx = (uint32_t)(start_info >> 32)};
}

void cpuid_policy_show_osxsave(struct cpuid_table *table, bool is_on)
{
    table->basic[1].ecx &= ~FEATURE_OSXSAVE;
    if (is_on)
        table->basic[1].ecx |= FEATURE_OSXSAVE;
}

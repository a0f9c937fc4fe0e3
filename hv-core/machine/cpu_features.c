/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPUID, parsed once. APM vol. 3, appendix E, "Obtaining Processor Information Via the CPUID Instruction";
 * SDM vol. 2, "CPUID".
 */
#include "machine/cpu_features.h"

#include <coopvirt/string.h>
#include <coopvirt/x86_instructions.h>

#define CPUID_EXTENDED     0x80000000u
#define CPUID_EXTENDED_SVM 0x8000000au

static struct cpu_features features;

const struct cpu_features *cpu_features(void)
{
    return &features;
}

static bool bit(uint32_t word, unsigned number)
{
    return word >> number & 1;
}

/* The leaf, or zeros where the CPU has none. */
static struct x86_cpuid cpu_features_leaf(uint32_t leaf)
{
    uint32_t last = x86_cpuid(leaf & CPUID_EXTENDED, 0).eax;

    if (leaf > last || ((leaf ^ last) & CPUID_EXTENDED))
        return (struct x86_cpuid){0, 0, 0, 0};
    return x86_cpuid(leaf, 0);
}

static void cpu_features_names(void)
{
    struct x86_cpuid id = x86_cpuid(0, 0);

    memcpy(features.vendor, &id.ebx, 4);
    memcpy(features.vendor + 4, &id.edx, 4);
    memcpy(features.vendor + 8, &id.ecx, 4);
    for (unsigned i = 0; i < 3; i++) {
        struct x86_cpuid part = cpu_features_leaf(0x80000002u + i);
        memcpy(features.brand + i * sizeof(part), &part, sizeof(part));
    }
    for (size_t length = strlen(features.brand); length && features.brand[length - 1] == ' '; length--)
        features.brand[length - 1] = 0;
}

static void cpu_features_basic(void)
{
    struct x86_cpuid one = x86_cpuid(1, 0), seven = cpu_features_leaf(7);
    uint32_t family = one.eax >> 8 & 0xf, model = one.eax >> 4 & 0xf;

    features.family = (uint8_t)(family == 0xf ? family + (one.eax >> 20 & 0xff) : family);
    features.model = (uint8_t)(family == 0xf || family == 6 ? model | (one.eax >> 12 & 0xf0) : model);
    features.stepping = one.eax & 0xf;
    features.vmx = bit(one.ecx, 5);
    features.pcid = bit(one.ecx, 17);
    features.x2apic = bit(one.ecx, 21);
    features.tsc_deadline = bit(one.ecx, 24);
    features.xsave = bit(one.ecx, 26);
    features.avx = features.xsave && bit(one.ecx, 28);
    features.hypervisor = bit(one.ecx, 31);
    features.fsgsbase = bit(seven.ebx, 0);
    features.smep = bit(seven.ebx, 7);
    features.invpcid = bit(seven.ebx, 10);
    features.smap = bit(seven.ebx, 20);
    features.umip = bit(seven.ecx, 2);
    features.la57 = bit(seven.ecx, 16);
}

static void cpu_features_extended(void)
{
    struct x86_cpuid one = cpu_features_leaf(0x80000001u), sizes = cpu_features_leaf(0x80000008u);

    features.svm = bit(one.ecx, 2);
    features.nx = bit(one.edx, 20);
    features.page_1g = bit(one.edx, 26);
    features.rdtscp = bit(one.edx, 27);
    features.invariant_tsc = bit(cpu_features_leaf(0x80000007u).edx, 8);
    features.physical_bits = sizes.eax & 0xff ? sizes.eax & 0xff : 36;
}

static void cpu_features_svm(void)
{
    struct x86_cpuid svm = cpu_features_leaf(CPUID_EXTENDED_SVM);

    features.asid_count = svm.ebx;
    features.nested_paging = bit(svm.edx, 0);
    features.nrip_save = bit(svm.edx, 3);
    features.tsc_ratio = bit(svm.edx, 4);
    features.vmcb_clean = bit(svm.edx, 5);
    features.flush_by_asid = bit(svm.edx, 6);
    features.decode_assists = bit(svm.edx, 7);
    features.pause_filter = bit(svm.edx, 10);
    features.vgif = bit(svm.edx, 16);
}

void cpu_features_detect(void)
{
    cpu_features_names();
    cpu_features_basic();
    cpu_features_extended();
    if (features.svm)
        cpu_features_svm();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the host CPU can do, from CPUID, read once on the CPU that booted. Constant after start.
 */
#ifndef MACHINE_CPU_FEATURES_H
#define MACHINE_CPU_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

struct cpu_features {
    char vendor[13]; /* "AuthenticAMD" and the like */
    char brand[49];  /* the processor's name, "" where it has none */
    uint8_t family, model, stepping;
    uint8_t physical_bits; /* width of a physical address */

    bool svm, vmx;
    /* SVM, leaf 8000000Ah */
    bool nested_paging, nrip_save, decode_assists, flush_by_asid, vmcb_clean, tsc_ratio, pause_filter, vgif;
    uint32_t asid_count; /* ASIDs 0 to asid_count - 1 */

    bool nx, page_1g, pcid, invpcid, smep, smap, umip, fsgsbase, rdtscp, la57;
    bool xsave, avx, x2apic, tsc_deadline, invariant_tsc, hypervisor;
};

void cpu_features_detect(void);

const struct cpu_features *cpu_features(void);

#endif

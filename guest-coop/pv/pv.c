/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chooses the parts of the paravirtual layer at boot: scans CPUID for the hypervisor's signature
 * (include/coopvirt/abi.h), which may stand at any of 256 places since an emulator may own the first.
 */
#include "pv/pv.h"

struct pv_operations pv;
struct pv_machine pv_machine = {.mode = "native"};

static bool pv_signature_at(uint32_t leaf)
{
    struct x86_cpuid r = pv_native_cpu.cpuid(leaf, 0);
    return r.ebx == COOP_CPUID_SIGNATURE0 && r.ecx == COOP_CPUID_SIGNATURE1 && r.edx == COOP_CPUID_SIGNATURE2 &&
           r.eax >= leaf + COOP_CPUID_LAST;
}

static void pv_find_hypervisor(void)
{
    for (uint32_t block = 0; block < COOP_CPUID_BLOCKS; block++) {
        uint32_t leaf = COOP_CPUID_FIRST + block * COOP_CPUID_STRIDE;
        if (!pv_signature_at(leaf))
            continue;
        struct x86_cpuid frequencies = pv_native_cpu.cpuid(leaf + 2, 0);
        pv_machine.mode = "coopvirt";
        pv_machine.hypervisor = leaf;
        pv_machine.abi_version = pv_native_cpu.cpuid(leaf + 1, 0).eax;
        pv_machine.tsc_khz = frequencies.eax;
        pv_machine.apic_timer_khz = frequencies.ebx;
        return;
    }
}

void pv_start(void)
{
    pv_find_hypervisor();
    pv.cpu = pv_native_cpu;
    pv.mmu = pv_native_mmu;
    pv.io = pv_native_io;
}

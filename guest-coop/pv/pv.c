/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chooses the parts of the paravirtual layer at boot, axis by axis, by what start-info offers. A direct entry brings
 * start-info; after Multiboot, CPUID tells whether there is one: the hypervisor's signature (include/coopvirt/abi.h)
 * may stand at any of 256 places, since an emulator may own the first.
 */
#include "pv/pv.h"
#include "memory/layout.h"
#include "pv/coop_cpu.h"
#include "pv/direct_mmu.h"
#include "pv/hypercall.h"
#include "pv/paravirt_cpu.h"
#include "pv/shadow_mmu.h"

struct pv_operations pv;
struct pv_batch pv_batch;
struct pv_machine pv_machine = {.mode = "native"};

extern const uint8_t boot_image_start[]; /* guest-coop.lds */

coop_paddr pv_image_address(const void *object)
{
    return pv_machine.image + ((uint64_t)object - KERNEL_BASE - (uint64_t)boot_image_start);
}

static bool pv_signature_at(uint32_t leaf)
{
    struct x86_cpuid r = pv_native_cpu.cpuid(leaf, 0);
    return r.ebx == COOP_CPUID_SIGNATURE0 && r.ecx == COOP_CPUID_SIGNATURE1 && r.edx == COOP_CPUID_SIGNATURE2 &&
           r.eax >= leaf + COOP_CPUID_LAST;
}

/* What the hypervisor's CPUID block says: start-info, or NULL. */
static const struct coop_start_info *pv_read_block(uint32_t leaf)
{
    struct x86_cpuid features = pv_native_cpu.cpuid(leaf + 1, 0), frequencies = pv_native_cpu.cpuid(leaf + 2, 0);
    struct x86_cpuid place = pv_native_cpu.cpuid(leaf + 3, 0);
    pv_machine.mode = "coopvirt";
    pv_machine.hypervisor = leaf;
    pv_machine.abi_version = features.eax;
    pv_machine.tsc_khz = frequencies.eax;
    pv_machine.apic_timer_khz = frequencies.ebx;
    coop_paddr info = (coop_paddr)place.ebx << 32 | place.eax;
    return info ? (const struct coop_start_info *)(DIRECT_MAP_BASE + info) : 0;
}

static const struct coop_start_info *pv_find_hypervisor(void)
{
    for (uint32_t block = 0; block < COOP_CPUID_BLOCKS; block++) {
        uint32_t leaf = COOP_CPUID_FIRST + block * COOP_CPUID_STRIDE;
        if (pv_signature_at(leaf))
            return pv_read_block(leaf);
    }
    return 0;
}

static void pv_take_start_info(const struct coop_start_info *info)
{
    pv_machine.start_info = info;
    pv_machine.mode = "coopvirt";
    pv_machine.abi_version = info->version;
    pv_machine.features = info->features;
    pv_machine.tsc_khz = info->tsc_khz;
    pv_machine.vcpu = (struct coop_vcpu *)(DIRECT_MAP_BASE + info->vcpu);
    hypercall_start(info);
}

void pv_start(coop_paddr image, const struct coop_start_info *start_info)
{
    const struct coop_start_info *info = start_info;
    /* In ring 3 CPUID is the bare CPU's, and a block there would be an outer hypervisor's. */
    if (!info || !(info->features & COOP_FEATURE_DEPRIVILEGED)) {
        const struct coop_start_info *found = pv_find_hypervisor();
        info = info ? info : found;
    }
    pv_machine.image = image;
    if (info)
        pv_take_start_info(info);
    pv.cpu = pv_native_cpu;
    pv.mmu = pv_native_mmu;
    pv.io = pv_native_io;
    if (pv_machine.features & COOP_FEATURE_QUEUE) {
        coop_cpu_start(&pv.cpu);
        pv.io = pv_queue_io;
    }
    if (pv_machine.features & COOP_FEATURE_DEPRIVILEGED)
        paravirt_cpu_start(&pv.cpu);
    if (pv_machine.features & COOP_FEATURE_DIRECT)
        direct_mmu_start(&pv.mmu);
    else if (pv_machine.features & COOP_FEATURE_DEPRIVILEGED)
        shadow_mmu_start(&pv.mmu);
}

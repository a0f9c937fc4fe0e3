/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The allow-list of MSRs is the whole policy: what stands here is loaded and saved with the guest (VMLOAD and
 * VMSAVE, or TSC_AUX at a change of VCPU) and so is the guest's own. APM vol. 2, "MSR Intercepts".
 */
#include "cpu/svm/svm_bitmaps.h"
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

static const uint32_t svm_free_msrs[] = {
    X86_MSR_SYSENTER_CS, X86_MSR_SYSENTER_ESP,   X86_MSR_SYSENTER_EIP, X86_MSR_STAR,
    X86_MSR_LSTAR,       X86_MSR_CSTAR,          X86_MSR_SFMASK,       X86_MSR_FS_BASE,
    X86_MSR_GS_BASE,     X86_MSR_KERNEL_GS_BASE, X86_MSR_TSC_AUX,
};

/* The three ranges that the map covers, 0x800 bytes each, two bits an MSR: read, write. */
static const uint32_t svm_msr_ranges[] = {0x00000000, 0xc0000000, 0xc0010000};
#define MSR_RANGE_LENGTH 0x2000u

/* The number of an MSR's read bit, or -1 where the map does not reach (it traps). */
static int svm_bitmaps_msr_bit(uint32_t msr)
{
    for (unsigned i = 0; i < sizeof(svm_msr_ranges) / sizeof(svm_msr_ranges[0]); i++)
        if (msr - svm_msr_ranges[i] < MSR_RANGE_LENGTH)
            return (int)((i * MSR_RANGE_LENGTH + (msr - svm_msr_ranges[i])) * 2);
    return -1;
}

void svm_bitmaps_fill_msrs(uint8_t *map)
{
    memset(map, 0xff, SVM_MSRPM_BYTES);
    for (unsigned i = 0; i < sizeof(svm_free_msrs) / sizeof(svm_free_msrs[0]); i++) {
        int bit = svm_bitmaps_msr_bit(svm_free_msrs[i]);
        map[bit / 8] &= (uint8_t) ~(3u << bit % 8);
    }
}

void svm_bitmaps_fill_ports(uint8_t *map)
{
    memset(map, 0xff, SVM_IOPM_BYTES);
}

bool svm_bitmaps_msr_traps(const uint8_t *map, uint32_t msr, bool is_write)
{
    int bit = svm_bitmaps_msr_bit(msr);
    return bit < 0 || map[bit / 8] >> (bit % 8 + is_write) & 1;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The allow-list of MSRs is the whole policy: what stands here is loaded and saved with the guest (in the VMCS, or
 * at a change of VCPU) and so is the guest's own. SDM vol. 3, "MSR-Bitmap Address".
 */
#include "cpu/vmx/vmx_bitmaps.h"
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

static const uint32_t vmx_free_msrs[] = {
    X86_MSR_SYSENTER_CS, X86_MSR_SYSENTER_ESP,   X86_MSR_SYSENTER_EIP, X86_MSR_STAR,
    X86_MSR_LSTAR,       X86_MSR_CSTAR,          X86_MSR_SFMASK,       X86_MSR_FS_BASE,
    X86_MSR_GS_BASE,     X86_MSR_KERNEL_GS_BASE, X86_MSR_TSC_AUX,
};

/* The two ranges that the map covers, a bit an MSR: reads of both, then writes of both. */
static const uint32_t vmx_msr_ranges[] = {0x00000000, 0xc0000000};
#define MSR_RANGE_LENGTH 0x2000u
#define MSR_WRITES       0x4000u

/* The number of an MSR's read bit, or -1 where the map does not reach (it traps). */
static int vmx_bitmaps_msr_bit(uint32_t msr)
{
    for (unsigned i = 0; i < sizeof(vmx_msr_ranges) / sizeof(vmx_msr_ranges[0]); i++)
        if (msr - vmx_msr_ranges[i] < MSR_RANGE_LENGTH)
            return (int)(i * MSR_RANGE_LENGTH + (msr - vmx_msr_ranges[i]));
    return -1;
}

void vmx_bitmaps_fill_msrs(uint8_t *map)
{
    memset(map, 0xff, VMX_MSR_BITMAP_BYTES);
    for (unsigned i = 0; i < sizeof(vmx_free_msrs) / sizeof(vmx_free_msrs[0]); i++) {
        unsigned bit = (unsigned)vmx_bitmaps_msr_bit(vmx_free_msrs[i]);
        map[bit / 8] &= (uint8_t) ~(1u << bit % 8);
        map[(bit + MSR_WRITES) / 8] &= (uint8_t) ~(1u << bit % 8);
    }
}

void vmx_bitmaps_fill_ports(uint8_t *map)
{
    memset(map, 0xff, VMX_IO_BITMAP_BYTES);
}

bool vmx_bitmaps_msr_traps(const uint8_t *map, uint32_t msr, bool is_write)
{
    int bit = vmx_bitmaps_msr_bit(msr);
    if (bit < 0)
        return true;
    unsigned at = (unsigned)bit + (is_write ? MSR_WRITES : 0);
    return map[at / 8] >> at % 8 & 1;
}

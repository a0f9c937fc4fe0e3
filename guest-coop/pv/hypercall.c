/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which instruction makes a hypercall.
 */
#include "pv/hypercall.h"
#include "pv/pv.h"

/* CPUID leaf 0, EBX: "Auth"enticAMD, "Hygo"nGenuine */
#define VENDOR_AMD   0x68747541u
#define VENDOR_HYGON 0x6f677948u

/* pv/hypercall_entry.asm */
void hypercall_by_vmmcall(void);
void hypercall_by_vmcall(void);
void hypercall_by_syscall(void);

void (*hypercall_entry)(void);

void hypercall_start(const struct coop_start_info *info)
{
    if (info->features & COOP_FEATURE_DEPRIVILEGED) {
        hypercall_entry = hypercall_by_syscall; /* the hypercall page may not be mapped executable for ever */
        return;
    }
    uint32_t vendor = pv_native_cpu.cpuid(0, 0).ebx;
    bool amd = vendor == VENDOR_AMD || vendor == VENDOR_HYGON;
    hypercall_entry = amd ? hypercall_by_vmmcall : hypercall_by_vmcall;
}

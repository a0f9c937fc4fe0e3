/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Extended page tables as a format of mmu/nested.h, and the pointer to them. Pure.
 */
#ifndef CPU_VMX_VMX_EPT_H
#define CPU_VMX_VMX_EPT_H

#include "mmu/nested.h"
#include <stdint.h>

/* `capabilities` is IA32_VMX_EPT_VPID_CAP. All that is mapped is memory, cached as write-back as far as the guest's PAT
 * lets it. */
struct nested_format vmx_ept_format(uint64_t capabilities);

/* What the VMCS wants to know of tables with this root. */
uint64_t vmx_ept_pointer(coop_paddr root, uint64_t capabilities);

#endif

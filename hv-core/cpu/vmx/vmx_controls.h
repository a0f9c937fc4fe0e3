/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a VMCS holds, by mode, as one list of rows that name what each is for (core/hold_table.h): from what this CPU
 * can do (vmx_negotiate.c) to the words of one VCPU. Pure: host tests look at the words it makes.
 */
#ifndef CPU_VMX_VMX_CONTROLS_H
#define CPU_VMX_VMX_CONTROLS_H

#include "core/mode.h"
#include "cpu/vmx/vmx_negotiate.h"
#include <stdint.h>

struct vmx_mode_controls {
    uint32_t pin, primary, secondary, exit, entry;
    uint32_t exceptions;         /* the exception bitmap */
    uint64_t cr0_mask, cr4_mask; /* bits that the host owns */
};

void vmx_controls_fill(struct vmx_mode_controls *words, const struct vmx_controls *negotiated, enum mode_mmu mmu);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why the CPU refuses to enter a guest: it only says that something in the state is wrong; this finds the first thing
 * that is. Pure; of use after a failed entry only.
 */
#ifndef CPU_VMX_VMX_CHECK_H
#define CPU_VMX_VMX_CHECK_H

#include "core/registers.h"
#include "cpu/vmx/vmx_negotiate.h"
#include <stdbool.h>
#include <stdint.h>

struct vmx_guest_state {
    struct registers registers; /* CR0 and CR4 as the CPU would load them; a segment that is not present is unusable */
    uint32_t entry_controls;
    uint32_t interruption; /* VM-entry interruption information */
    uint32_t interruptibility, activity;
    uint64_t pending_debug;
    uint64_t link_pointer;
    uint64_t pdptes[4]; /* where the VMCS holds them for the guest; otherwise 0 */
    uint8_t physical_bits;
    bool is_unrestricted;
    const struct vmx_capabilities *capabilities;
};

/* The first check of SDM vol. 3, "Checks on the Guest State Area", that fails; NULL when all that are made here pass.
 */
const char *vmx_check_guest_state(const struct vmx_guest_state *state);

/* The name of a VM-instruction error: SDM vol. 3, "VM Instruction Error Numbers". */
const char *vmx_instruction_error_name(uint32_t number);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What vmx_entry.asm needs of its C structures.
 */
#include "cpu/vmx/vmx.h"

#include <coopvirt/asm_offset.h>

void vmx_asm_offsets(void);

void vmx_asm_offsets(void)
{
    ASM_OFFSET(VMX_VCPU_HOST_RSP, struct vmx_vcpu, host_rsp);
    ASM_OFFSET(VMX_VCPU_FAILURE, struct vmx_vcpu, failure);
    ASM_OFFSET(VMX_VCPU_IS_LAUNCHED, struct vmx_vcpu, is_launched);
    ASM_VALUE(VMX_FIELD_HOST_RSP, VMCS_HOST_RSP);
    ASM_VALUE(VMX_ENTRY_FAILED_VALID, VMX_FAILURE_VALID);
    ASM_VALUE(VMX_ENTRY_FAILED_INVALID, VMX_FAILURE_INVALID);
}

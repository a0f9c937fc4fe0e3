/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What svm_entry.asm needs to know of C's structures.
 */
#include "cpu/svm/svm.h"
#include <coopvirt/asm_offset.h>

_Static_assert(offsetof(struct vcpu, general) == 0, "the general registers come first");

void asm_offsets_svm(void);
void asm_offsets_svm(void)
{
    ASM_OFFSET(VCPU_BACKEND, struct vcpu, backend);
    ASM_OFFSET(SVM_VCPU_VMCB, struct svm_vcpu, vmcb);
    ASM_OFFSET(SVM_VCPU_VMCB_ADDRESS, struct svm_vcpu, vmcb_address);
    ASM_OFFSET(SVM_VCPU_HOST_STATE, struct svm_vcpu, host_state);
    ASM_OFFSET(VMCB_SAVE_RAX, struct vmcb, save.rax);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From an instruction to its exit, and from there to the row.
 */
#include "core/privileged.h"
#include "core/vcpu.h"

struct vm_exit_control privileged_control(const struct instruction *instruction)
{
    switch (instruction->operation) {
    case OPERATION_MOV_TO_CR:
        return (struct vm_exit_control){instruction->operands[0].number, true};
    case OPERATION_MOV_FROM_CR:
        return (struct vm_exit_control){instruction->operands[1].number, false};
    case OPERATION_SMSW:
        return (struct vm_exit_control){0, false};
    default:
        return (struct vm_exit_control){0, true};
    }
}

enum vm_exit_reason privileged_reason(const struct instruction *instruction)
{
    switch (instruction->operation) {
    case OPERATION_CPUID:
        return VM_EXIT_CPUID;
    case OPERATION_RDMSR:
        return VM_EXIT_MSR_READ;
    case OPERATION_WRMSR:
        return VM_EXIT_MSR_WRITE;
    case OPERATION_INVLPG:
        return VM_EXIT_INVLPG;
    case OPERATION_MOV_TO_CR:
    case OPERATION_MOV_FROM_CR: /* CR2 is the guest's own */
        return privileged_control(instruction).number == 2 ? VM_EXIT_OTHER : VM_EXIT_CR_ACCESS;
    case OPERATION_SMSW:
    case OPERATION_LMSW:
    case OPERATION_CLTS:
        return VM_EXIT_CR_ACCESS;
    case OPERATION_WBINVD:
        return VM_EXIT_WBINVD;
    default:
        return VM_EXIT_OTHER;
    }
}

enum vm_action privileged_carry_out(struct vcpu *vcpu, const struct registers *registers,
                                    const struct instruction *instruction, enum vm_exit_reason reason,
                                    const struct vm_exit_row *table)
{
    struct vm_exit *exit = &vcpu->exit;
    if (reason == VM_EXIT_CR_ACCESS)
        exit->control = privileged_control(instruction);
    exit->reason = reason;
    exit->rip = registers->rip;
    exit->next_rip = registers->rip + instruction->length;
    return table[reason].handler(vcpu, exit);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The row of nested paging: the second-level fault. All memory is mapped from the start, so that what comes here is a
 * device, read-only memory, or a hole.
 */
#include "core/emulation.h"
#include "core/exit_table.h"
#include "core/report.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "mmu/mmu_backend.h"

static enum vm_action exit_nested_fault(struct vcpu *vcpu, const struct vm_exit *exit)
{
    if (vcpu->vm->mmu->fault(vcpu->vm, &exit->fault) == MMU_FAULT_MAPPED)
        return VM_RESUME;
    const char *wrong = 0;
    if (exit->interrupted.kind != VM_EVENT_NONE)
        wrong = "an interrupt or exception is delivered by way of a device's memory";
    else if (exit->fault.is_fetch)
        wrong = "instruction fetch where there is no memory";
    else if (exit->fault.is_table_walk)
        wrong = "page table where there is no memory that can be written";
    if (!wrong)
        return emulation_run(vcpu);
    report_stop(vcpu, VM_STOP_BAD_ACCESS, wrong);
    return VM_STOP;
}

const struct vm_exit_row exit_table_nested[VM_EXIT_REASONS] = {
    [VM_EXIT_NESTED_FAULT] = {exit_nested_fault, OPERATION_NONE},
};

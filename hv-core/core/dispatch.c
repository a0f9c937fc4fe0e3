/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Composition of exit tables, and the way from an exit to its handler.
 */
#include "core/dispatch.h"
#include "core/report.h"
#include "core/vm.h"

/* Exits at one RIP at which that did not show the instruction that exited, before the VM is stopped: the bytes may have
 * been changed by another VCPU in between, but not for ever. */
#define DISPATCH_PATIENCE 1000

static enum vm_action dispatch_unhandled(struct vcpu *vcpu, const struct vm_exit *exit)
{
    (void)exit;
    report_stop(vcpu, VM_STOP_UNHANDLED_EXIT, "an exit that no row of this mode handles");
    return VM_STOP;
}

static void dispatch_add(struct vm_exit_row *table, const struct vm_exit_row *rows)
{
    for (unsigned i = 0; rows && i < VM_EXIT_REASONS; i++)
        if (rows[i].handler)
            table[i] = rows[i];
}

void dispatch_compose(struct vm_exit_row *table, const struct mode *mode)
{
    static const struct vm_exit_row *const mmu_rows[MODE_MMU_KINDS] = {[MODE_MMU_NESTED] = exit_table_nested,
                                                                       [MODE_MMU_SHADOW] = exit_table_shadow,
                                                                       [MODE_MMU_DIRECT] = exit_table_direct};
    static const struct vm_exit_row *const io_rows[MODE_IO_KINDS] = {
        [MODE_IO_EMULATED] = exit_table_emulated, [MODE_IO_QUEUE] = exit_table_queue};

    static const struct vm_exit_row *const cpu_rows[MODE_CPU_KINDS] = {[MODE_CPU_DEPRIVILEGED] =
                                                                           exit_table_deprivileged};

    for (unsigned i = 0; i < VM_EXIT_REASONS; i++)
        table[i] = (struct vm_exit_row){dispatch_unhandled, OPERATION_NONE};
    dispatch_add(table, exit_table_common);
    dispatch_add(table, cpu_rows[mode->cpu]);
    dispatch_add(table, mmu_rows[mode->mmu]);
    dispatch_add(table, io_rows[mode->io]);
}

enum vm_action dispatch_retry(struct vcpu *vcpu)
{
    if (vcpu->stuck_rip != vcpu->exit.rip)
        vcpu->stuck = 0;
    vcpu->stuck_rip = vcpu->exit.rip;
    if (++vcpu->stuck < DISPATCH_PATIENCE)
        return VM_RESUME;
    report_stop(vcpu, VM_STOP_BAD_ACCESS, "the instruction that exits is not at RIP");
    return VM_STOP;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From one exit to the handler of its row: the only place that traces exits and finds instruction lengths. Inline: it
 * stands on every exit's way.
 */
#ifndef CORE_DISPATCH_H
#define CORE_DISPATCH_H

#include "core/exit_table.h"
#include "core/instruction.h"
#include "core/mode.h"
#include "core/vcpu.h"

/* Puts the table of a mode together. */
void dispatch_compose(struct vm_exit_row *table, const struct mode *mode);

/* The length of the instruction could not be found: the guest tries again, and either exits again or meets what stands
 * there now. */
enum vm_action dispatch_retry(struct vcpu *vcpu);

/* Handles vcpu->exit. */
static inline enum vm_action dispatch_exit(struct vcpu *vcpu)
{
    struct vm_exit *exit = &vcpu->exit;
    enum vm_exit_reason reason = exit->reason;
    const struct vm_exit_row *row = &vcpu->exits[reason];
    struct vcpu_trace *trace = (struct vcpu_trace *)((char *)vcpu->trace + vcpu->trace_next);

    trace->rip = exit->rip;
    trace->reason = reason;
    vcpu->trace_next += sizeof(*trace);
    if (!exit->next_rip && row->operation != OPERATION_NONE) {
        uint64_t length = instruction_length(vcpu, row->operation);
        if (__builtin_expect(!length, 0))
            return dispatch_retry(vcpu);
        exit->next_rip = exit->rip + length;
    }
    return row->handler(vcpu, exit);
}

#endif

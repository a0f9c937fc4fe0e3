/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a raw exit of VT-x to the neutral struct vm_exit: a pure function of a snapshot, so that host tests feed it
 * recorded exits. Which fields of the VMCS a snapshot needs depends on the reason: each costs a VMREAD.
 */
#ifndef CPU_VMX_VMX_DECODE_H
#define CPU_VMX_VMX_DECODE_H

#include "core/vm_exit.h"
#include "cpu/vmx/vmcs.h"

struct vmx_raw_exit {
    uint32_t reason;
    uint32_t length;
    uint64_t rip;
    uint64_t qualification;
    uint64_t guest_physical;
    uint64_t flags;
    uint32_t code;                             /* access rights of CS */
    uint32_t interruption, interruption_error; /* why it exited: an event */
    uint32_t vectoring, vectoring_error;       /* an event whose delivery it interrupted */
    uint8_t task_priority;
    uint8_t cpl;
};

/* Members of struct vmx_raw_exit that belong to a reason; the others are not looked at. */
enum vmx_need {
    VMX_NEED_LENGTH = 1,
    VMX_NEED_CPL = 2,
    VMX_NEED_QUALIFICATION = 4,
    VMX_NEED_GUEST_PHYSICAL = 8,
    VMX_NEED_FLAGS = 16,
    VMX_NEED_INTERRUPTION = 32,
    VMX_NEED_VECTORING = 64,
    VMX_NEED_CODE = 128
};

struct vmx_reason_row {
    uint8_t reason; /* enum vm_exit_reason + 1, so that a hole in the table is zero */
    uint8_t needs;
};

extern const struct vmx_reason_row vmx_reason_rows[VMX_REASONS];

/* What a snapshot needs beside reason, RIP and task priority. */
static inline unsigned vmx_exit_needs(uint32_t reason)
{
    return reason < VMX_REASONS ? vmx_reason_rows[reason].needs : 0;
}

/* Whether a reason has no details: an instruction that exits always, about which its length says all. */
static inline bool vmx_exit_is_plain(unsigned needs)
{
    return (needs | VMX_NEED_CPL) == (VMX_NEED_LENGTH | VMX_NEED_CPL);
}

/* The part of decoding that every exit has; all of it for a plain one. */
static inline void vmx_exit_decode_plain(const struct vmx_raw_exit *raw, struct vm_exit *exit)
{
    const struct vmx_reason_row *row = &vmx_reason_rows[raw->reason];
    exit->reason = (enum vm_exit_reason)(row->reason - 1);
    exit->cpl = raw->cpl;
    exit->task_priority = raw->task_priority;
    exit->rip = raw->rip;
    exit->next_rip = raw->rip + raw->length;
    exit->interrupted.kind = VM_EVENT_NONE;
}

/* The whole of an exit by VMCALL: few fields, since this is the way of each hypercall. */
static inline void vmx_exit_decode_hypercall(uint64_t rip, uint8_t task_priority, uint8_t cpl, struct vm_exit *exit)
{
    exit->reason = VM_EXIT_HYPERCALL;
    exit->cpl = cpl;
    exit->task_priority = task_priority;
    exit->rip = rip;
    exit->next_rip = rip + VMX_VMCALL_BYTES;
    exit->interrupted.kind = VM_EVENT_NONE;
}

void vmx_exit_decode(const struct vmx_raw_exit *raw, struct vm_exit *exit);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions keep their vectors; what a general protection fault of the kernel was is found out by a handler, since it
 * takes the instruction.
 */
#include "cpu/deprivileged/deprivileged_decode.h"
#include "cpu/deprivileged/deprivileged.h"
#include <coopvirt/x86.h>

#define DECODE_EXCEPTIONS 32

/* Vectors that push an error code: 8, 10-14, 17, 21, 29, 30. APM vol. 2, "Exceptions and Interrupts". */
#define DECODE_HAS_ERROR 0x60227d00u

static void deprivileged_decode_exception(const struct deprivileged_vcpu *state, struct vm_exit *exit)
{
    uint8_t vector = (uint8_t)state->raw_vector;
    bool has_error = DECODE_HAS_ERROR >> vector & 1;
    exit->reason = VM_EXIT_EXCEPTION;
    exit->exception = (struct vm_event){VM_EVENT_EXCEPTION, vector, has_error, (uint32_t)state->raw_error};
    if (vector == X86_VECTOR_PF) {
        exit->reason = VM_EXIT_PAGE_FAULT;
        exit->page_fault =
            (struct vm_exit_page_fault){state->raw_address, deprivileged_fault_error(state->raw_error, state->is_user)};
    }
}

static void deprivileged_decode_special(const struct deprivileged_vcpu *state, struct vm_exit *exit)
{
    switch (state->raw_vector) {
    case DEPRIVILEGED_RAW_SERVED:
        exit->reason = VM_EXIT_HYPERCALL;
        break;
    case DEPRIVILEGED_RAW_RETURN:
        exit->reason = VM_EXIT_INTERRUPT_WINDOW;
        break;
    case DEPRIVILEGED_RAW_LOST:
        exit->reason = VM_EXIT_TRIPLE_FAULT;
        break;
    default:
        exit->reason = VM_EXIT_ENTRY_FAILED;
        break;
    }
}

void deprivileged_exit_decode(const struct deprivileged_vcpu *state, struct vm_exit *exit)
{
    exit->cpl = state->is_user ? 3 : 0;
    exit->is_long_code = true;
    exit->rip = exit->next_rip = state->rip;
    exit->interrupted.kind = VM_EVENT_NONE;
    if (state->raw_vector < DECODE_EXCEPTIONS) {
        exit->next_rip = 0;
        deprivileged_decode_exception(state, exit);
    } else if (state->raw_vector < DEPRIVILEGED_RAW_SERVED) {
        exit->reason = VM_EXIT_EXTERNAL_INTERRUPT;
        exit->exception = (struct vm_event){VM_EVENT_INTERRUPT, (uint8_t)state->raw_vector, false, 0};
    } else {
        deprivileged_decode_special(state, exit);
    }
}

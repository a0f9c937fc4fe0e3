/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Privileged instructions that are carried out without having exited: as if they had, by the row of their exit. For
 * cluster.c, which looks ahead, and realmode.c, where nothing runs on the CPU.
 */
#ifndef CORE_PRIVILEGED_H
#define CORE_PRIVILEGED_H

#include "core/exit_table.h"

struct instruction;
struct registers;

/* The exit that an instruction makes where it is not let through; VM_EXIT_OTHER: none that is known here. */
enum vm_exit_reason privileged_reason(const struct instruction *instruction);

/* What that of a control register is about. */
struct vm_exit_control privileged_control(const struct instruction *instruction);

/* Calls the row of a table for it, as if it had exited at RIP. With VM_SKIP and VM_ANSWER the caller advances to
 * vcpu->exit.next_rip. */
enum vm_action privileged_carry_out(struct vcpu *vcpu, const struct registers *registers,
                                    const struct instruction *instruction, enum vm_exit_reason reason,
                                    const struct vm_exit_row *table);

static inline bool privileged_is_done(enum vm_action action)
{
    return action == VM_SKIP || action == VM_ANSWER;
}

#endif

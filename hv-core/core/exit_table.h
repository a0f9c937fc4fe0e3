/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of which a VM's exit table is composed: the common ones, those of its cpu backend, of its mmu service and of
 * its io service, each replacing what came before. Reading which rows a mode has is reading what that technique traps.
 */
#ifndef CORE_EXIT_TABLE_H
#define CORE_EXIT_TABLE_H

#include "core/vm_exit.h"
#include "emulate/operation.h"

struct vcpu;

/* What the run loop does after a handler. */
enum vm_action {
    VM_RESUME, /* enter again where the guest is */
    VM_SKIP,   /* the instruction has been executed: go on behind it */
    VM_ANSWER, /* the same, and only registers have changed: no interrupt, no deadline, no other VCPU's affair */
    VM_BLOCK,  /* the same, then wait for an interrupt */
    VM_STOP    /* the VM has been stopped */
};

struct vm_exit_row {
    enum vm_action (*handler)(struct vcpu *vcpu, const struct vm_exit *exit);
    /* The instruction that exits so, where its length must be known before the handler runs; else OPERATION_NONE. */
    enum instruction_operation operation;
};

/* VM_EXIT_REASONS rows each; a row without handler is not this table's. */
extern const struct vm_exit_row exit_table_common[VM_EXIT_REASONS];
extern const struct vm_exit_row exit_table_deprivileged[VM_EXIT_REASONS];
extern const struct vm_exit_row exit_table_nested[VM_EXIT_REASONS];
extern const struct vm_exit_row exit_table_shadow[VM_EXIT_REASONS];
extern const struct vm_exit_row exit_table_direct[VM_EXIT_REASONS];
extern const struct vm_exit_row exit_table_emulated[VM_EXIT_REASONS];
extern const struct vm_exit_row exit_table_queue[VM_EXIT_REASONS];

#endif

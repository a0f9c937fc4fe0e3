/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypercalls of coopvirt/abi.h: one function a row, in tables of which a VM's own is composed as its exit table is:
 * the common calls, those of its cpu backend, its mmu service and its io service.
 */
#ifndef CORE_HYPERCALL_H
#define CORE_HYPERCALL_H

#include "core/exit_table.h"
#include "core/mode.h"
#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stdint.h>

/* Arguments are in vcpu->general; the result goes there by hypercall_return. NULL: this table has no such call. */
typedef enum vm_action hypercall(struct vcpu *vcpu);

/* COOP_HYPERCALL_COUNT rows each, by number - COOP_HYPERCALL_FIRST. */
extern hypercall *const hypercalls_direct[COOP_HYPERCALL_COUNT];
extern hypercall *const hypercalls_nested[COOP_HYPERCALL_COUNT]; /* where devices are queues too */
extern hypercall *const hypercalls_vcpu[COOP_HYPERCALL_COUNT];   /* where the guest starts its VCPUs by hypercall */
extern hypercall *const hypercalls_queue[COOP_HYPERCALL_COUNT];
extern hypercall *const hypercalls_deprivileged[COOP_HYPERCALL_COUNT];
extern hypercall *const hypercalls_shadow[COOP_HYPERCALL_COUNT]; /* of a deprivileged kernel */

#define HYPERCALL_ROW(number) [(number)-COOP_HYPERCALL_FIRST]

/* Puts the table of a mode together. */
void hypercall_compose(hypercall **table, const struct mode *mode);

/* Ends a call: result to RAX, goes on behind the instruction. */
enum vm_action hypercall_return(struct vcpu *vcpu, uint64_t result);

/* The same for a call that has changed nothing else (VM_ANSWER). */
enum vm_action hypercall_answer(struct vcpu *vcpu, uint64_t result);

/* The exit handler: number in RAX. */
enum vm_action hypercall_handle(struct vcpu *vcpu, const struct vm_exit *exit);

/* The same from a cpu backend's own entry, without a way through the run loop, for a call from guest kernel mode. The
 * caller has accounted for the exit. True: the guest goes on behind the call. False: it has to be left, with
 * vcpu->exit.action as the handler said. */
bool hypercall_serve(struct vcpu *vcpu);

/* The name of hypercall COOP_HYPERCALL_FIRST + index, as records have it. */
const char *hypercall_name(unsigned index);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypercalls of coopvirt/abi.h: a table, one function a row.
 */
#ifndef CORE_HYPERCALL_H
#define CORE_HYPERCALL_H

#include "core/exit_table.h"

/* The exit handler: number in RAX, result to RAX. */
enum vm_action hypercall_handle(struct vcpu *vcpu, const struct vm_exit *exit);

/* The name of hypercall COOP_HYPERCALL_FIRST + index, as records have it. */
const char *hypercall_name(unsigned index);

#endif

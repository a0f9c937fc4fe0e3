/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From one exit to the handler of its row: the only place that traces exits and finds instruction lengths.
 */
#ifndef CORE_DISPATCH_H
#define CORE_DISPATCH_H

#include "core/exit_table.h"
#include "core/mode.h"

/* Puts the table of a mode together. */
void dispatch_compose(struct vm_exit_row *table, const struct mode *mode);

/* Handles vcpu->exit. */
enum vm_action dispatch_exit(struct vcpu *vcpu);

#endif

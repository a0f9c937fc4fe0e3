/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one readable report when a VM is stopped by a fault of its own.
 */
#ifndef CORE_REPORT_H
#define CORE_REPORT_H

#include "core/vm.h"

struct vcpu;

/* Logs registers, the exit, the bytes at RIP and the last exits, then stops the VM. */
void report_stop(struct vcpu *vcpu, enum vm_stop reason, const char *what);

#endif

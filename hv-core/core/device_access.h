/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VCPU's access to its VM's devices, under the VM's lock, and what follows from it: a stop, a new deadline,
 * another task priority.
 */
#ifndef CORE_DEVICE_ACCESS_H
#define CORE_DEVICE_ACCESS_H

#include "io/registry.h"
#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/* False when the VM has been stopped by it. */
bool device_access(struct vcpu *vcpu, enum io_space space, struct io_access *access);

/* `count` accesses to one port, as by REP INS and REP OUTS: their values lie one after the other in `values`. How many
 * were performed: fewer when the VM has been stopped. */
uint64_t device_access_string(struct vcpu *vcpu, struct io_access *access, uint8_t *values, uint64_t count);

#endif

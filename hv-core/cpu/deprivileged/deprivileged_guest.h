/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the hypercalls of a deprivileged kernel ask of its cpu backend. All for a VCPU that runs on this CPU.
 */
#ifndef CPU_DEPRIVILEGED_DEPRIVILEGED_GUEST_H
#define CPU_DEPRIVILEGED_DEPRIVILEGED_GUEST_H

#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/* False: an entry that is no canonical address. */
bool deprivileged_guest_set_traps(struct vcpu *vcpu, const struct coop_traps *traps);

/* `which` is a COOP_BASE_. False: there is no such, or the address is not canonical. */
bool deprivileged_guest_set_base(struct vcpu *vcpu, uint64_t which, uint64_t address);

uint64_t deprivileged_guest_base(const struct vcpu *vcpu, uint64_t which);

void deprivileged_guest_set_fpu_trap(struct vcpu *vcpu, bool is_on);

/* False: no such register, or a value that is not for a guest. */
bool deprivileged_guest_set_debug_register(struct vcpu *vcpu, uint64_t number, uint64_t value);

/* The guest's interrupt flag. */
void deprivileged_guest_set_masked(struct vcpu *vcpu, bool is_masked);
bool deprivileged_guest_is_masked(const struct vcpu *vcpu);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trapped accesses to control registers: CR4 is the guest's, but for features whose state is not kept apart; CR0 traps
 * where the hardware needs bits of its own in it, CR8 while an interrupt waits for it to fall.
 */
#ifndef CORE_CONTROL_H
#define CORE_CONTROL_H

#include "core/exit_table.h"
#include <stdbool.h>
#include <stdint.h>

enum vm_action control_handle_access(struct vcpu *vcpu, const struct vm_exit *exit);

/* Whether a guest may set CR4 so: only bits that it has been shown by CPUID, PAE held in long mode. Pure. */
bool control_cr4_is_valid(uint64_t old, uint64_t wanted, uint64_t efer, uint64_t allowed);

/* CR0 as it reads after this has been written: reserved bits are lost. Pure. */
uint64_t control_cr0_defined(uint64_t wanted);

/* The CR4 bits of features that CPUID shows to this guest. */
uint64_t control_cr4_allowed(const struct vcpu *vcpu);

/* Whether the guest's CPU would load the top entries of PAE that this CR3 names. */
bool control_can_load_top(const struct vcpu *vcpu, uint64_t root);

#endif

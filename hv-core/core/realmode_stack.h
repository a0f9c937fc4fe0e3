/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stack of real mode: SS:SP, or SS:ESP where SS is still of 32 bits.
 */
#ifndef CORE_REALMODE_STACK_H
#define CORE_REALMODE_STACK_H

#include "core/registers.h"
#include <stdbool.h>

struct vcpu;

/* False, with nothing changed, where the VM has no memory, or where it is not 2 or 4 bytes. */
bool realmode_stack_push(struct vcpu *vcpu, struct registers *registers, unsigned bytes, uint32_t value);
bool realmode_stack_pop(struct vcpu *vcpu, struct registers *registers, unsigned bytes, uint32_t *value);

/* A write to the VM's memory, which tables may lie in. */
bool realmode_stack_store(struct vcpu *vcpu, coop_paddr address, const void *from, unsigned bytes);

#endif

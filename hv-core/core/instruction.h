/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's instruction bytes: fetched through its own page tables, for CPUs that do not save the next RIP and for
 * emulation.
 */
#ifndef CORE_INSTRUCTION_H
#define CORE_INSTRUCTION_H

#include "core/registers.h"
#include "emulate/operation.h"
#include <stddef.h>
#include <stdint.h>

struct vcpu;

/* The bytes at RIP: how many of the 15 could be fetched. */
size_t instruction_fetch(const struct vcpu *vcpu, const struct registers *registers, uint8_t *bytes);

/* The length of the instruction at RIP, known to be `operation`; 0 when something else stands there. */
uint8_t instruction_length(struct vcpu *vcpu, enum instruction_operation operation);

#endif

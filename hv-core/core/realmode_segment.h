/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segment registers in emulated code: loaded from a selector alone in real mode, from the descriptor table behind it.
 */
#ifndef CORE_REALMODE_SEGMENT_H
#define CORE_REALMODE_SEGMENT_H

#include "core/registers.h"
#include <stdbool.h>

struct vcpu;

bool realmode_segment_is_real(const struct registers *registers);

/* Loads a segment register. False: the descriptor is none that is loaded here. */
bool realmode_segment_load(struct vcpu *vcpu, struct registers *registers, unsigned number, uint16_t selector);

/* The linear address of a memory operand; paging is off, or it is not executed here. */
coop_paddr realmode_segment_operand(const struct vcpu *vcpu, const struct registers *registers,
                                    const struct instruction *instruction);

/* MOV, PUSH, POP, LDS and their kin. False: not done, nothing changed. */
bool realmode_segment_move(struct vcpu *vcpu, struct registers *registers, const struct instruction *instruction);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where emulated real-mode code goes to with CS: far jumps, calls and returns; interrupts, exceptions and back, by the
 * interrupt table of real mode. APM vol. 2, "Real-Mode Interrupt Control Transfers".
 */
#ifndef CORE_REALMODE_TRANSFER_H
#define CORE_REALMODE_TRANSFER_H

#include "core/registers.h"
#include <stdbool.h>

struct vcpu;

/* Whether an instruction is one of these. */
bool realmode_transfer_is_known(const struct instruction *instruction);

/* RIP behind an instruction, as wide as the code there has it. */
uint64_t realmode_transfer_next(const struct registers *registers, const struct instruction *instruction);

/* Executes it: RIP is where it goes. False: not done, nothing changed. Real mode alone, but for JMP. */
bool realmode_transfer_execute(struct vcpu *vcpu, struct registers *registers, const struct instruction *instruction);

/* Delivers what waits for the VCPU, of which an interrupt waits for the flag and, `is_shadowed`, for one instruction
 * more. True: RIP is that of a handler, or the VM has been stopped. */
bool realmode_transfer_deliver(struct vcpu *vcpu, struct registers *registers, bool is_shadowed);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a VCPU starts, is reset and halts, for the run loop. All by the VCPU itself, outside the guest.
 */
#ifndef CORE_VCPU_LIFE_H
#define CORE_VCPU_LIFE_H

#include "core/vcpu.h"

/* Does what VCPU_REQUEST_LIFE tells of: INIT, start-up IPI, NMI. */
void vcpu_life_take(struct vcpu *vcpu);

/* It has executed HLT: how it leaves its CPU. */
enum vcpu_leave vcpu_life_halt(struct vcpu *vcpu);

/* Whether it has been woken from HLT by no more than an NMI that is held. */
bool vcpu_life_is_halted(struct vcpu *vcpu);

#endif

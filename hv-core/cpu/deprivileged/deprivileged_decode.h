/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what ended ring 3's run to the neutral exit. Pure.
 */
#ifndef CPU_DEPRIVILEGED_DEPRIVILEGED_DECODE_H
#define CPU_DEPRIVILEGED_DEPRIVILEGED_DECODE_H

#include "core/vm_exit.h"

struct deprivileged_vcpu;

void deprivileged_exit_decode(const struct deprivileged_vcpu *state, struct vm_exit *exit);

#endif

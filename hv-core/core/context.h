/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a VCPU that stays in the CPU while the hypervisor runs, because the hypervisor does not use it: x87,
 * SSE and AVX registers, XCR0, DR0-3, TSC_AUX. It changes hands only when another VCPU gets the CPU.
 */
#ifndef CORE_CONTEXT_H
#define CORE_CONTEXT_H

struct vcpu;

/* This CPU is going to run this VCPU: loads its state, after saving that of the VCPU that had the CPU before. */
void context_switch(struct vcpu *vcpu);

/* The VCPU will not run again: its state in this CPU is not to be saved. */
void context_forget(struct vcpu *vcpu);

#endif

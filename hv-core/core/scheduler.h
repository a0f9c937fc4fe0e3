/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run queue a CPU, round robin on TSC slices. A VCPU runs on the CPU whose queue it is in; an idle CPU takes a
 * waiting one from another queue.
 */
#ifndef CORE_SCHEDULER_H
#define CORE_SCHEDULER_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/* Why a VCPU left its CPU. */
enum vcpu_leave { VCPU_LEAVE_YIELD, VCPU_LEAVE_BLOCK, VCPU_LEAVE_OFFLINE, VCPU_LEAVE_STOP };

/* Length of a slice, TSC; before the first start. */
void scheduler_set_slice(uint64_t tsc);

/* Gives a new VCPU a CPU. */
void scheduler_add(struct vcpu *vcpu);

/* Makes a VCPU notice that something happened to it, wherever it is: takes it out of BLOCKED (or, with is_start, out
 * of OFFLINE), or interrupts the CPU that runs it. */
void scheduler_wake(struct vcpu *vcpu, bool is_start);

/* After an interrupt of the host: forgets it, and takes console input. This CPU. */
void scheduler_take_interrupt(void);

/* Lets time pass for the devices of VCPUs that sleep on this CPU and sets its timer for the next of them, the running
 * VCPU's own devices, and the end of its slice when another waits. False when the slice is over. */
bool scheduler_prepare(struct vcpu *vcpu, uint64_t slice_end);

/* Runs VCPUs on this CPU for ever. */
_Noreturn void scheduler_run(void);

#endif

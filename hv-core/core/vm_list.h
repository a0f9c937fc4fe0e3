/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All VMs there are. The last one to go ends the machine.
 */
#ifndef CORE_VM_LIST_H
#define CORE_VM_LIST_H

#include <stdbool.h>
#include <stdint.h>

struct vm;

/* A VM that is ready to run. */
void vm_list_add(struct vm *vm);

/* A byte of the console's input, for the first VM: false when that has no room for it now. */
bool vm_list_console_input(uint8_t byte);

/* Lets the devices of every VM with a VCPU on this CPU act, as far as they are due; returns the earliest TSC at which
 * one has to act next, or UINT64_MAX. */
uint64_t vm_list_advance(unsigned cpu, uint64_t now);

/* A VCPU of a stopped VM has left its run loop for good. With the last one the VM is destroyed, with the last VM the
 * machine ends. */
void vm_list_vcpu_left(struct vm *vm);

#endif

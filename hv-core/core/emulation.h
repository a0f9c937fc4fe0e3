/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Executing the guest's instruction at RIP in its place: memory-mapped device registers and string I/O. Joins the
 * emulator (emulate/), the walker (mmu/) and the devices (io/).
 */
#ifndef CORE_EMULATION_H
#define CORE_EMULATION_H

#include "core/exit_table.h"
#include <stdbool.h>

/* Fetches, decodes and executes one instruction, and writes the registers back, RIP included. What cannot be executed
 * stops the VM with the bytes and RIP. */
enum vm_action emulation_run(struct vcpu *vcpu);

/* The same; false, with nothing done, for what cannot be executed. A device may have stopped the VM. */
bool emulation_try(struct vcpu *vcpu);

/* Goes on from RIP for at most `most` instructions, and stops before one that faults or is not executed here: how many
 * were. *trapping is raised by those of them that would have exited, and *last is the last of those, counted from 1. */
unsigned emulation_go_on(struct vcpu *vcpu, unsigned most, unsigned *trapping, unsigned *last);

#endif

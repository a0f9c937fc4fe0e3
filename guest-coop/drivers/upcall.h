/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events of the hypervisor: pending bits in a shared page, told by an upcall (include/coopvirt/abi.h, struct
 * coop_vcpu). Where there are no events nothing here is called.
 */
#ifndef DRIVERS_UPCALL_H
#define DRIVERS_UPCALL_H

#include <coopvirt/abi.h>
#include <stdbool.h>

/* Takes the shared page and asks for upcalls. No event has a handler yet. */
void upcall_start(struct coop_vcpu *vcpu, bool deprivileged);

/* What is called, with interrupts off, when the event is raised. */
void upcall_register(unsigned event, void (*handler)(void));

/* Handles all pending events, without a trap; true when the timer's was among them. Called by the upcall's entry, which
 * needs no end of interrupt. */
bool upcall_dispatch(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events of the hypervisor: pending bits in a shared page, told by an upcall (include/coopvirt/abi.h, struct
 * coop_vcpu). Where there are no events nothing here is called.
 */
#ifndef DRIVERS_UPCALL_H
#define DRIVERS_UPCALL_H

#include <coopvirt/abi.h>
#include <stdbool.h>

/* Takes the shared page and asks for upcalls, as start-info's features say. No event has a handler yet. */
void upcall_start(struct coop_vcpu *vcpu, uint32_t features);

/* What is called, with interrupts off, when the event is raised. */
void upcall_register(unsigned event, void (*handler)(void));

/* Handles all pending events, without a trap; true when the timer's was among them. */
bool upcall_dispatch(void);

/* At the end of an upcall's entry: says so where the hypervisor wants to be told. */
void upcall_end(void);

/* The idle CPU, interrupts off, looks for events for so many TSC units. True: there were some, and they are handled. */
bool upcall_poll(uint32_t units);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One local APIC (APM vol. 2, "Advanced Programmable Interrupt Controller"; SDM vol. 3, the chapter of the same name):
 * registers in both the xAPIC and the x2APIC form, priorities, and the timer. Messages between APICs are apic_bus.h.
 * Time is ticks of the timer's input clock.
 */
#ifndef IO_EMULATED_LAPIC_H
#define IO_EMULATED_LAPIC_H

#include <stdbool.h>
#include <stdint.h>

#define LAPIC_NEVER UINT64_MAX

/* Delivery modes of ICR, LVT and I/O APIC entries. */
enum lapic_delivery {
    LAPIC_FIXED,
    LAPIC_LOWEST,
    LAPIC_SMI,
    LAPIC_DELIVERY_RESERVED,
    LAPIC_NMI,
    LAPIC_INIT,
    LAPIC_STARTUP,
    LAPIC_EXTINT,
};

enum lapic_lvt {
    LAPIC_LVT_TIMER,
    LAPIC_LVT_THERMAL,
    LAPIC_LVT_PERFORMANCE,
    LAPIC_LVT_LINT0,
    LAPIC_LVT_LINT1,
    LAPIC_LVT_ERROR,
    LAPIC_LVTS,
};

#define LAPIC_LVT_MASKED (1u << 16)

struct lapic {
    uint64_t base; /* APIC_BASE */
    uint32_t id;
    uint32_t logical_id;         /* LDR, xAPIC form */
    uint32_t destination_format; /* DFR */
    uint32_t spurious;           /* SVR */
    uint32_t task_priority;      /* TPR */
    uint32_t errors, new_errors; /* ESR, and what the next write to it brings there */
    uint64_t command;            /* ICR */
    uint32_t lvt[LAPIC_LVTS];
    uint32_t timer_initial;
    uint32_t timer_divide;  /* as written */
    uint64_t timer_expires; /* input tick, or LAPIC_NEVER */
    uint64_t requested[4];  /* IRR */
    uint64_t in_service[4]; /* ISR */
    uint64_t level[4];      /* TMR */
};

/* What the outside has to do after a write. */
enum lapic_effect {
    LAPIC_NOTHING,
    LAPIC_END_OF_LEVEL, /* tell the I/O APIC: *argument is the vector */
    LAPIC_COMMAND,      /* send what the ICR says */
    LAPIC_TIMER,        /* the timer was changed */
};

/* State after power-on; `boot` marks the bootstrap processor. */
void lapic_reset(struct lapic *lapic, uint32_t id, bool boot);

/* State after INIT: as after power-on, but for ID and APIC_BASE. */
void lapic_init(struct lapic *lapic);

/* What a BIOS leaves in the bootstrap processor's: enabled, 8259 through LINT0, NMI at LINT1. */
void lapic_set_virtual_wire(struct lapic *lapic);

/* From this offset on `now` is looked at. */
#define LAPIC_TIMED_REGISTERS 0x320

/* Register at a byte offset (multiple of 16) of the page. */
uint32_t lapic_read(struct lapic *lapic, unsigned offset, uint64_t now);
enum lapic_effect lapic_write(struct lapic *lapic, unsigned offset, uint32_t value, uint64_t now, uint8_t *argument);

/* MSRs 0x800-0x8ff and APIC_BASE; false means #GP. */
bool lapic_msr_read(struct lapic *lapic, uint32_t msr, uint64_t now, uint64_t *value);
bool lapic_msr_write(struct lapic *lapic, uint32_t msr, uint64_t value, uint64_t now, enum lapic_effect *effect,
                     uint8_t *argument);

bool lapic_is_on(const struct lapic *lapic);      /* APIC_BASE */
bool lapic_is_enabled(const struct lapic *lapic); /* and SVR */
bool lapic_is_x2apic(const struct lapic *lapic);

/* LINT0 lets the 8259 through. */
bool lapic_accepts_external(const struct lapic *lapic);

/* A fixed interrupt arrives. */
void lapic_request(struct lapic *lapic, uint8_t vector, bool level);

/* The vector that the CPU would be given now, were its task priority this one, or -1. */
int lapic_deliverable(const struct lapic *lapic, uint32_t task_priority);

/* Gives it: from requested to in service. The spurious vector when there is none. */
uint8_t lapic_acknowledge(struct lapic *lapic);

uint8_t lapic_processor_priority(const struct lapic *lapic);

/* Lets the timer fire when its time has come; true when something was requested. */
bool lapic_advance(struct lapic *lapic, uint64_t now);

/* Input tick of the next timer interrupt, or LAPIC_NEVER. */
uint64_t lapic_deadline(const struct lapic *lapic);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The I/O APIC (Intel 82093AA) with 24 inputs: index and data register, redirection table, and the end-of-interrupt
 * handshake of level-triggered inputs. It says which messages to send; platform_interrupts.c sends them.
 */
#ifndef IO_EMULATED_IOAPIC_H
#define IO_EMULATED_IOAPIC_H

#include "io/emulated/apic_bus.h"

#define IOAPIC_PINS 24

struct ioapic {
    uint8_t id;
    uint8_t index;
    uint32_t lines; /* levels of the inputs */
    uint64_t entries[IOAPIC_PINS];
};

void ioapic_reset(struct ioapic *ioapic, uint8_t id);

/* Registers at byte offset 0 (index) and 0x10 (data). A write gives the mask of inputs that may have to be sent. */
uint32_t ioapic_read(const struct ioapic *ioapic, unsigned offset);
uint32_t ioapic_write(struct ioapic *ioapic, unsigned offset, uint32_t value);

/* Sets an input; true when it is to be sent. */
bool ioapic_set_line(struct ioapic *ioapic, unsigned pin, bool level);

/* A local APIC ended a level-triggered vector: the mask of inputs that may have to be sent again. */
uint32_t ioapic_end_of_interrupt(struct ioapic *ioapic, uint8_t vector);

/* The message of an input, if it is due: an edge's always (`edge`), a level's while high and not yet on its way. */
bool ioapic_take_message(struct ioapic *ioapic, unsigned pin, bool edge, struct apic_message *message);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupt messages: from a local APIC's command register or from the I/O APIC to the local APICs they address.
 */
#ifndef IO_EMULATED_APIC_BUS_H
#define IO_EMULATED_APIC_BUS_H

#include "io/emulated/lapic.h"

struct apic_message {
    uint32_t destination;
    uint8_t vector;
    uint8_t delivery; /* enum lapic_delivery */
    bool logical;
    bool level;
    bool broadcast;   /* to all */
    bool except_self; /* but not to the sender */
};

/* The message that a command register asks for; false when nothing is to be sent (an INIT de-assert, a bad vector). */
bool apic_bus_command(struct lapic *sender, struct apic_message *message);

/* The local APICs that a message goes to, as a mask; for lowest priority only one. */
uint32_t apic_bus_targets(const struct lapic *lapics, unsigned count, unsigned sender,
                          const struct apic_message *message);

#endif

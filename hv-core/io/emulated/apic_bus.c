/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decoding of the interrupt command register, and which local APICs recognise a destination.
 */
#include "io/emulated/apic_bus.h"
#include "io/emulated/lapic_registers.h"

enum { SHORTHAND_NONE, SHORTHAND_SELF, SHORTHAND_ALL, SHORTHAND_OTHERS };

bool apic_bus_command(struct lapic *sender, struct apic_message *message)
{
    uint32_t low = (uint32_t)sender->command, high = (uint32_t)(sender->command >> 32);
    unsigned shorthand = low >> 18 & 3;

    *message = (struct apic_message){
        .destination = lapic_is_x2apic(sender) ? high : high >> 24,
        .vector = (uint8_t)low,
        .delivery = low >> 8 & 7,
        .logical = low & LAPIC_COMMAND_LOGICAL,
        .broadcast = shorthand == SHORTHAND_ALL || shorthand == SHORTHAND_OTHERS,
        .except_self = shorthand == SHORTHAND_OTHERS,
    };
    if (shorthand == SHORTHAND_SELF) {
        message->destination = sender->id;
        message->logical = false;
    }
    if (message->delivery <= LAPIC_LOWEST && message->vector < 16) {
        lapic_error(sender, LAPIC_ERROR_SENT_VECTOR);
        return false;
    }
    /* The INIT level de-assert only synchronised the arbitration of old processors. */
    return message->delivery != LAPIC_INIT || low & LAPIC_COMMAND_ASSERT || !(low & LAPIC_COMMAND_LEVEL);
}

/* "Logical Destination Mode": flat and cluster model of the xAPIC, clusters of sixteen of the x2APIC. */
static bool apic_bus_matches_logical(const struct lapic *lapic, uint32_t destination)
{
    if (lapic_is_x2apic(lapic))
        return destination == 0xffffffff ||
               (destination >> 16 == lapic->id >> 4 && destination & 1u << (lapic->id & 15));
    uint8_t own = lapic->logical_id >> 24;
    if (lapic->destination_format >> 28 == 0xf)
        return own & destination & 0xff;
    return (destination >> 4 == 0xf || destination >> 4 == own >> 4) && own & destination & 0xf;
}

static bool apic_bus_matches(const struct lapic *lapic, const struct apic_message *message)
{
    if (message->broadcast)
        return true;
    if (message->logical)
        return apic_bus_matches_logical(lapic, message->destination);
    return message->destination == lapic->id || message->destination == (lapic_is_x2apic(lapic) ? 0xffffffff : 0xff);
}

/* The one with the lowest priority of those that can take it; the first of equals. */
static uint32_t apic_bus_lowest(const struct lapic *lapics, unsigned count, uint32_t targets)
{
    unsigned best = count;

    for (unsigned i = 0; i < count; i++) {
        if (!(targets & 1u << i) || !lapic_is_enabled(&lapics[i]))
            continue;
        if (best == count || lapic_processor_priority(&lapics[i]) < lapic_processor_priority(&lapics[best]))
            best = i;
    }
    return best == count ? 0 : 1u << best;
}

uint32_t apic_bus_targets(const struct lapic *lapics, unsigned count, unsigned sender,
                          const struct apic_message *message)
{
    uint32_t targets = 0;

    for (unsigned i = 0; i < count; i++)
        if (lapic_is_on(&lapics[i]) && apic_bus_matches(&lapics[i], message))
            targets |= 1u << i;
    if (message->except_self)
        targets &= ~(1u << sender);
    return message->delivery == LAPIC_LOWEST ? apic_bus_lowest(lapics, count, targets) : targets;
}

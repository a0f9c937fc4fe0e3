/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Redirection of inputs to messages. Inputs are "asserted" or not: the polarity bit is kept, but the board's wiring is
 * taken to agree with it.
 */
#include "io/emulated/ioapic.h"
#include <coopvirt/string.h>

#define IOAPIC_VERSION (0x11u | (IOAPIC_PINS - 1u) << 16)

#define ENTRY_LOGICAL    (1ull << 11)
#define ENTRY_STATUS     (1ull << 12)
#define ENTRY_REMOTE_IRR (1ull << 14)
#define ENTRY_LEVEL      (1ull << 15)
#define ENTRY_MASKED     (1ull << 16)
#define ENTRY_WRITABLE   (0xff0000000001ffffull & ~(ENTRY_STATUS | ENTRY_REMOTE_IRR))

void ioapic_reset(struct ioapic *ioapic, uint8_t id)
{
    memset(ioapic, 0, sizeof *ioapic);
    ioapic->id = id;
    for (unsigned i = 0; i < IOAPIC_PINS; i++)
        ioapic->entries[i] = ENTRY_MASKED;
}

static uint32_t ioapic_read_register(const struct ioapic *ioapic)
{
    unsigned entry = (ioapic->index - 0x10u) / 2;

    if (ioapic->index == 0 || ioapic->index == 2) /* identification, arbitration */
        return (uint32_t)ioapic->id << 24;
    if (ioapic->index == 1)
        return IOAPIC_VERSION;
    if (ioapic->index < 0x10 || entry >= IOAPIC_PINS)
        return 0;
    return (uint32_t)(ioapic->index & 1 ? ioapic->entries[entry] >> 32 : ioapic->entries[entry]);
}

uint32_t ioapic_read(const struct ioapic *ioapic, unsigned offset)
{
    if (offset == 0x00)
        return ioapic->index;
    return offset == 0x10 ? ioapic_read_register(ioapic) : 0;
}

static uint32_t ioapic_write_entry(struct ioapic *ioapic, unsigned pin, bool high, uint32_t value)
{
    uint64_t *entry = &ioapic->entries[pin];
    uint64_t kept = *entry & (high ? 0xffffffffull : 0xffffffff00000000ull);
    uint64_t status = *entry & ENTRY_REMOTE_IRR;

    *entry = (kept | (high ? (uint64_t)value << 32 : value)) & ENTRY_WRITABLE;
    if (*entry & ENTRY_LEVEL) /* an edge has nothing to wait for: that is how system software clears the bit */
        *entry |= status;
    return *entry & ENTRY_LEVEL ? 1u << pin : 0;
}

uint32_t ioapic_write(struct ioapic *ioapic, unsigned offset, uint32_t value)
{
    if (offset == 0x00)
        ioapic->index = (uint8_t)value;
    if (offset != 0x10)
        return 0;
    if (ioapic->index == 0)
        ioapic->id = value >> 24 & 0x0f;
    if (ioapic->index < 0x10 || (ioapic->index - 0x10u) / 2 >= IOAPIC_PINS)
        return 0;
    return ioapic_write_entry(ioapic, (ioapic->index - 0x10u) / 2, ioapic->index & 1, value);
}

bool ioapic_set_line(struct ioapic *ioapic, unsigned pin, bool level)
{
    uint32_t bit = 1u << pin;
    bool rises = level && !(ioapic->lines & bit);

    ioapic->lines = level ? ioapic->lines | bit : ioapic->lines & ~bit;
    /* An edge at a masked input is lost. */
    return rises && !(ioapic->entries[pin] & ENTRY_MASKED);
}

uint32_t ioapic_end_of_interrupt(struct ioapic *ioapic, uint8_t vector)
{
    uint32_t pins = 0;

    for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
        uint64_t entry = ioapic->entries[pin];
        if (!(entry & ENTRY_LEVEL) || !(entry & ENTRY_REMOTE_IRR) || (uint8_t)entry != vector)
            continue;
        ioapic->entries[pin] &= ~ENTRY_REMOTE_IRR;
        pins |= 1u << pin;
    }
    return pins;
}

bool ioapic_take_message(struct ioapic *ioapic, unsigned pin, bool edge, struct apic_message *message)
{
    uint64_t entry = ioapic->entries[pin];
    bool level = entry & ENTRY_LEVEL;

    if (entry & ENTRY_MASKED)
        return false;
    if (level ? !(ioapic->lines & 1u << pin) || entry & ENTRY_REMOTE_IRR : !edge)
        return false;
    *message = (struct apic_message){
        .destination = (uint32_t)(entry >> 56),
        .vector = (uint8_t)entry,
        .delivery = entry >> 8 & 7,
        .logical = entry & ENTRY_LOGICAL,
        .level = level,
    };
    if (level && message->delivery <= LAPIC_LOWEST)
        ioapic->entries[pin] |= ENTRY_REMOTE_IRR;
    return true;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC's interrupt half: reset, requests, priorities and acknowledgement. Its registers are decoded in
 * lapic_registers.c, its timer is lapic_timer.c.
 */
#include "io/emulated/lapic.h"
#include "io/emulated/lapic_registers.h"
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

void lapic_init(struct lapic *lapic)
{
    uint64_t base = lapic->base;
    uint32_t id = lapic->id;

    memset(lapic, 0, sizeof *lapic);
    lapic->base = base;
    lapic->id = id;
    lapic->destination_format = 0xffffffff;
    lapic->spurious = 0xff;
    for (unsigned i = 0; i < LAPIC_LVTS; i++)
        lapic->lvt[i] = LAPIC_LVT_MASKED;
    lapic->timer_expires = LAPIC_NEVER;
}

void lapic_reset(struct lapic *lapic, uint32_t id, bool boot)
{
    lapic->base = X86_APIC_DEFAULT_BASE | X86_APIC_BASE_ENABLE | (boot ? X86_APIC_BASE_BSP : 0);
    lapic->id = id;
    lapic_init(lapic);
}

void lapic_set_virtual_wire(struct lapic *lapic)
{
    lapic->spurious = LAPIC_SOFTWARE_ENABLE | 0xff;
    lapic->lvt[LAPIC_LVT_LINT0] = LAPIC_EXTINT << 8;
    lapic->lvt[LAPIC_LVT_LINT1] = LAPIC_NMI << 8;
}

bool lapic_is_on(const struct lapic *lapic)
{
    return lapic->base & X86_APIC_BASE_ENABLE;
}

bool lapic_is_x2apic(const struct lapic *lapic)
{
    return lapic->base & X86_APIC_BASE_X2APIC;
}

bool lapic_is_enabled(const struct lapic *lapic)
{
    return lapic_is_on(lapic) && lapic->spurious & LAPIC_SOFTWARE_ENABLE;
}

bool lapic_accepts_external(const struct lapic *lapic)
{
    return lapic_is_on(lapic) && (lapic->lvt[LAPIC_LVT_LINT0] & (LAPIC_LVT_MASKED | 7 << 8)) == (uint32_t)LAPIC_EXTINT
                                                                                                    << 8;
}

/* The highest vector of a set, or -1. */
static int lapic_highest(const uint64_t set[4])
{
    if (!(set[0] | set[1] | set[2] | set[3]))
        return -1;
    int i = 3;
    while (!set[i])
        i--;
    return i * 64 + 63 - __builtin_clzll(set[i]);
}

static void lapic_set_bit(uint64_t set[4], uint8_t vector, bool value)
{
    uint64_t bit = 1ull << (vector & 63);
    set[vector >> 6] = value ? set[vector >> 6] | bit : set[vector >> 6] & ~bit;
}

void lapic_error(struct lapic *lapic, uint32_t error)
{
    bool is_new = !(lapic->new_errors & error);

    lapic->new_errors |= error;
    /* A bad vector in this very entry must not come back here. */
    if (is_new && !(lapic->lvt[LAPIC_LVT_ERROR] & LAPIC_LVT_MASKED) && (lapic->lvt[LAPIC_LVT_ERROR] & 0xff) >= 16)
        lapic_request(lapic, (uint8_t)lapic->lvt[LAPIC_LVT_ERROR], false);
}

void lapic_request(struct lapic *lapic, uint8_t vector, bool level)
{
    if (!lapic_is_enabled(lapic))
        return;
    if (vector < 16) {
        lapic_error(lapic, LAPIC_ERROR_RECEIVED_VECTOR);
        return;
    }
    lapic_set_bit(lapic->requested, vector, true);
    lapic_set_bit(lapic->level, vector, level);
}

/* "Processor Priority Register": the class in service or the task's priority, whichever is higher. */
static uint8_t lapic_priority(const struct lapic *lapic, uint32_t task_priority)
{
    int served = lapic_highest(lapic->in_service);
    uint8_t served_class = served < 0 ? 0 : (uint8_t)(served & 0xf0);

    return (task_priority & 0xf0) >= served_class ? (uint8_t)task_priority : served_class;
}

uint8_t lapic_processor_priority(const struct lapic *lapic)
{
    return lapic_priority(lapic, lapic->task_priority);
}

int lapic_deliverable(const struct lapic *lapic, uint32_t task_priority)
{
    int vector = lapic_highest(lapic->requested);

    if (vector < 0)
        return -1;
    if (!lapic_is_on(lapic) || (vector & 0xf0) <= (lapic_priority(lapic, task_priority) & 0xf0))
        return -1;
    return vector;
}

uint8_t lapic_acknowledge(struct lapic *lapic)
{
    int vector = lapic_deliverable(lapic, lapic->task_priority);

    if (vector < 0)
        return (uint8_t)lapic->spurious;
    lapic_set_bit(lapic->requested, (uint8_t)vector, false);
    lapic_set_bit(lapic->in_service, (uint8_t)vector, true);
    return (uint8_t)vector;
}

int lapic_end_of_interrupt(struct lapic *lapic)
{
    int vector = lapic_highest(lapic->in_service);

    if (vector < 0)
        return -1;
    lapic_set_bit(lapic->in_service, (uint8_t)vector, false);
    return lapic->level[vector >> 6] >> (vector & 63) & 1 ? vector : -1;
}

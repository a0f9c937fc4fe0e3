/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC's registers, by offset in its page (xAPIC) and by MSR (x2APIC). A write tells its caller
 * what has to happen outside: a message, an end of interrupt for the I/O APIC, a new deadline.
 */
#include "io/emulated/lapic_registers.h"
#include <coopvirt/x86.h>

#define MSR_OF(offset) (X86_MSR_X2APIC_FIRST + ((offset) >> 4))

static uint32_t lapic_logical_id(const struct lapic *lapic)
{
    /* "Logical x2APIC ID": cluster in the high half, one bit of sixteen in the low half. */
    return lapic_is_x2apic(lapic) ? (lapic->id >> 4) << 16 | 1u << (lapic->id & 15) : lapic->logical_id;
}

static uint32_t lapic_read_set(const uint64_t set[4], unsigned offset)
{
    unsigned word = offset >> 4 & 7;
    return (uint32_t)(set[word / 2] >> (word % 2 * 32));
}

uint32_t lapic_read(struct lapic *lapic, unsigned offset, uint64_t now)
{
    switch (offset) {
    case LAPIC_REGISTER_ID:
        return lapic_is_x2apic(lapic) ? lapic->id : lapic->id << 24;
    case LAPIC_REGISTER_VERSION:
        return LAPIC_VERSION;
    case LAPIC_REGISTER_TASK_PRIORITY:
        return lapic->task_priority;
    case LAPIC_REGISTER_PROCESSOR_PRIORITY:
        return lapic_processor_priority(lapic);
    case LAPIC_REGISTER_ARBITRATION: /* there is no arbitration on this bus */
    case LAPIC_REGISTER_REMOTE_READ:
    case LAPIC_REGISTER_END_OF_INTERRUPT:
        return 0;
    case LAPIC_REGISTER_LOGICAL_ID:
        return lapic_logical_id(lapic);
    case LAPIC_REGISTER_DESTINATION_FORMAT:
        return lapic->destination_format;
    case LAPIC_REGISTER_SPURIOUS:
        return lapic->spurious;
    case LAPIC_REGISTER_IN_SERVICE ... LAPIC_REGISTER_IN_SERVICE + 0x70:
        return lapic_read_set(lapic->in_service, offset);
    case LAPIC_REGISTER_LEVEL ... LAPIC_REGISTER_LEVEL + 0x70:
        return lapic_read_set(lapic->level, offset);
    case LAPIC_REGISTER_REQUESTED ... LAPIC_REGISTER_REQUESTED + 0x70:
        return lapic_read_set(lapic->requested, offset);
    case LAPIC_REGISTER_ERRORS:
        return lapic->errors;
    case LAPIC_REGISTER_COMMAND_LOW:
        return (uint32_t)lapic->command;
    case LAPIC_REGISTER_COMMAND_HIGH:
        return (uint32_t)(lapic->command >> 32);
    case LAPIC_REGISTER_LVT ... LAPIC_REGISTER_LVT + 0x50:
        return lapic->lvt[(offset - LAPIC_REGISTER_LVT) >> 4];
    case LAPIC_REGISTER_TIMER_INITIAL:
        return lapic->timer_initial;
    case LAPIC_REGISTER_TIMER_CURRENT:
        return lapic_timer_current(lapic, now);
    case LAPIC_REGISTER_TIMER_DIVIDE:
        return lapic->timer_divide;
    default:
        lapic_error(lapic, LAPIC_ERROR_REGISTER);
        return 0;
    }
}

static enum lapic_effect lapic_write_spurious(struct lapic *lapic, uint32_t value)
{
    lapic->spurious = value & 0x1ff; /* bits 9 and 12 are not offered */
    if (lapic->spurious & LAPIC_SOFTWARE_ENABLE)
        return LAPIC_NOTHING;
    for (unsigned i = 0; i < LAPIC_LVTS; i++) /* "Local APIC State After It Has Been Software Disabled" */
        lapic->lvt[i] |= LAPIC_LVT_MASKED;
    return LAPIC_TIMER;
}

static enum lapic_effect lapic_write_lvt(struct lapic *lapic, unsigned entry, uint32_t value, uint64_t now)
{
    static const uint32_t writable[LAPIC_LVTS] = {
        [LAPIC_LVT_TIMER] = 0x300ff, [LAPIC_LVT_THERMAL] = 0x107ff, [LAPIC_LVT_PERFORMANCE] = 0x107ff,
        [LAPIC_LVT_LINT0] = 0x1a7ff, [LAPIC_LVT_LINT1] = 0x1a7ff,   [LAPIC_LVT_ERROR] = 0x100ff,
    };

    value &= writable[entry];
    if (!(lapic->spurious & LAPIC_SOFTWARE_ENABLE))
        value |= LAPIC_LVT_MASKED;
    if (entry == LAPIC_LVT_TIMER)
        lapic_advance(lapic, now); /* what is due comes under the old settings */
    lapic->lvt[entry] = value;
    return entry == LAPIC_LVT_TIMER ? LAPIC_TIMER : LAPIC_NOTHING;
}

static enum lapic_effect lapic_write_end_of_interrupt(struct lapic *lapic, uint8_t *argument)
{
    int vector = lapic_end_of_interrupt(lapic);

    if (vector < 0)
        return LAPIC_NOTHING;
    *argument = (uint8_t)vector;
    return LAPIC_END_OF_LEVEL;
}

static enum lapic_effect lapic_write_command_low(struct lapic *lapic, uint32_t value)
{
    lapic->command = (lapic->command & ~0xffffffffull) | (value & LAPIC_COMMAND_WRITABLE);
    return LAPIC_COMMAND;
}

enum lapic_effect lapic_write(struct lapic *lapic, unsigned offset, uint32_t value, uint64_t now, uint8_t *argument)
{
    switch (offset) {
    case LAPIC_REGISTER_ID: /* fixed, as on current processors: the ACPI tables name it */
        return LAPIC_NOTHING;
    case LAPIC_REGISTER_TASK_PRIORITY:
        lapic->task_priority = value & 0xff;
        return LAPIC_NOTHING;
    case LAPIC_REGISTER_END_OF_INTERRUPT:
        return lapic_write_end_of_interrupt(lapic, argument);
    case LAPIC_REGISTER_LOGICAL_ID:
        lapic->logical_id = value & 0xff000000;
        return LAPIC_NOTHING;
    case LAPIC_REGISTER_DESTINATION_FORMAT:
        lapic->destination_format = value | 0x0fffffff;
        return LAPIC_NOTHING;
    case LAPIC_REGISTER_SPURIOUS:
        return lapic_write_spurious(lapic, value);
    case LAPIC_REGISTER_ERRORS:
        lapic->errors = lapic->new_errors;
        lapic->new_errors = 0;
        return LAPIC_NOTHING;
    case LAPIC_REGISTER_COMMAND_LOW:
        return lapic_write_command_low(lapic, value);
    case LAPIC_REGISTER_COMMAND_HIGH:
        lapic->command = (lapic->command & 0xffffffff) | (uint64_t)(value & 0xff000000) << 32;
        return LAPIC_NOTHING;
    case LAPIC_REGISTER_LVT ... LAPIC_REGISTER_LVT + 0x50:
        return lapic_write_lvt(lapic, (offset - LAPIC_REGISTER_LVT) >> 4, value, now);
    case LAPIC_REGISTER_TIMER_INITIAL:
        lapic_timer_write_initial(lapic, value, now);
        return LAPIC_TIMER;
    case LAPIC_REGISTER_TIMER_DIVIDE:
        lapic_timer_write_divide(lapic, value, now);
        return LAPIC_TIMER;
    default:
        lapic_error(lapic, LAPIC_ERROR_REGISTER);
        return LAPIC_NOTHING;
    }
}

/* "x2APIC Register Address Space": what is there, and which of it may be read or written. */
static bool lapic_msr_exists(uint32_t msr, bool write)
{
    switch (msr) {
    case MSR_OF(LAPIC_REGISTER_ID):
    case MSR_OF(LAPIC_REGISTER_VERSION):
    case MSR_OF(LAPIC_REGISTER_PROCESSOR_PRIORITY):
    case MSR_OF(LAPIC_REGISTER_LOGICAL_ID):
    case MSR_OF(LAPIC_REGISTER_IN_SERVICE)... MSR_OF(LAPIC_REGISTER_REQUESTED + 0x70):
    case MSR_OF(LAPIC_REGISTER_TIMER_CURRENT):
        return !write;
    case MSR_OF(LAPIC_REGISTER_END_OF_INTERRUPT):
    case MSR_OF(LAPIC_REGISTER_SELF):
        return write;
    case MSR_OF(LAPIC_REGISTER_TASK_PRIORITY):
    case MSR_OF(LAPIC_REGISTER_SPURIOUS):
    case MSR_OF(LAPIC_REGISTER_ERRORS):
    case MSR_OF(LAPIC_REGISTER_COMMAND_LOW):
    case MSR_OF(LAPIC_REGISTER_LVT)... MSR_OF(LAPIC_REGISTER_LVT + 0x50):
    case MSR_OF(LAPIC_REGISTER_TIMER_INITIAL):
    case MSR_OF(LAPIC_REGISTER_TIMER_DIVIDE):
        return true;
    default:
        return false;
    }
}

/* "x2APIC States": off, xAPIC, x2APIC; x2APIC is left only through off, and entered only from xAPIC. */
static bool lapic_write_base(struct lapic *lapic, uint64_t value)
{
    const uint64_t mode = X86_APIC_BASE_ENABLE | X86_APIC_BASE_X2APIC;
    uint64_t from = lapic->base & mode, to = value & mode;

    /* The page does not move: the memory map was fixed when the VM was made. */
    if ((value & ~(mode | X86_APIC_BASE_BSP)) != X86_APIC_DEFAULT_BASE || to == X86_APIC_BASE_X2APIC)
        return false;
    if ((from == mode && to == X86_APIC_BASE_ENABLE) || (from == 0 && to == mode))
        return false;
    lapic->base = (lapic->base & X86_APIC_BASE_BSP) | X86_APIC_DEFAULT_BASE | to;
    if (!to)
        lapic_init(lapic);
    return true;
}

bool lapic_msr_read(struct lapic *lapic, uint32_t msr, uint64_t now, uint64_t *value)
{
    if (msr == X86_MSR_APIC_BASE) {
        *value = lapic->base;
        return true;
    }
    if (!lapic_is_x2apic(lapic) || !lapic_msr_exists(msr, false))
        return false;
    *value = msr == MSR_OF(LAPIC_REGISTER_COMMAND_LOW) ? lapic->command
                                                       : lapic_read(lapic, (msr - X86_MSR_X2APIC_FIRST) << 4, now);
    return true;
}

bool lapic_msr_write(struct lapic *lapic, uint32_t msr, uint64_t value, uint64_t now, enum lapic_effect *effect,
                     uint8_t *argument)
{
    *effect = LAPIC_NOTHING;
    if (msr == X86_MSR_APIC_BASE) {
        *effect = LAPIC_TIMER;
        return lapic_write_base(lapic, value);
    }
    if (!lapic_is_x2apic(lapic) || !lapic_msr_exists(msr, true))
        return false;
    if (msr == MSR_OF(LAPIC_REGISTER_COMMAND_LOW)) {
        lapic->command = value & 0xffffffff00000000;
        *effect = lapic_write_command_low(lapic, (uint32_t)value);
        return true;
    }
    if (value >> 32)
        return false;
    if (msr == MSR_OF(LAPIC_REGISTER_SELF)) {
        lapic_request(lapic, (uint8_t)value, false);
        return value <= 0xff;
    }
    if ((msr == MSR_OF(LAPIC_REGISTER_END_OF_INTERRUPT) || msr == MSR_OF(LAPIC_REGISTER_ERRORS)) && value)
        return false;
    *effect = lapic_write(lapic, (msr - X86_MSR_X2APIC_FIRST) << 4, (uint32_t)value, now, argument);
    return true;
}

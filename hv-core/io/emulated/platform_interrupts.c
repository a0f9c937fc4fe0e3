/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interrupt wiring of the board: ISA lines to both controllers, the 8259's output to LINT0 of every local APIC,
 * messages of the I/O APIC and between local APICs. What comes out is one pending vector per VCPU.
 */
#include "io/emulated/platform_state.h"

/* The 8259 reaches a CPU through LINT0 set to ExtINT, and the bootstrap processor also when its APIC is off. */
bool platform_takes_external(const struct platform *platform, unsigned vcpu)
{
    const struct lapic *lapic = &platform->lapics[vcpu];
    return platform->pic_output && (lapic_is_on(lapic) ? lapic_accepts_external(lapic) : vcpu == 0);
}

void platform_update_pending(struct platform *platform, unsigned vcpu)
{
    const struct lapic *lapic = &platform->lapics[vcpu];
    int32_t vector, masked, before = platform->pending[vcpu];

    if (platform_takes_external(platform, vcpu)) {
        vector = masked = pic_vector(&platform->pic); /* no priority holds it back */
    } else {
        vector = masked = lapic_deliverable(lapic, 0);
        if ((masked & 0xf0) <= (int32_t)(lapic->task_priority & 0xf0))
            vector = -1;
    }
    __atomic_store_n(&platform->masked[vcpu], masked, __ATOMIC_RELEASE);
    if (vector == before)
        return;
    __atomic_store_n(&platform->pending[vcpu], vector, __ATOMIC_RELEASE);
    if (before < 0) {
        platform->outbox.kick |= 1u << vcpu;
        platform->outbox.is_filled = true;
    }
}

static void platform_deliver_one(struct platform *platform, unsigned vcpu, const struct apic_message *message)
{
    uint32_t bit = 1u << vcpu;

    switch (message->delivery) {
    case LAPIC_FIXED:
    case LAPIC_LOWEST:
        lapic_request(&platform->lapics[vcpu], message->vector, message->level);
        platform_update_pending(platform, vcpu);
        return;
    case LAPIC_NMI:
        platform->outbox.nmi |= bit;
        break;
    case LAPIC_INIT:
        lapic_init(&platform->lapics[vcpu]);
        platform_update_pending(platform, vcpu);
        platform_update_deadline(platform);
        platform->outbox.init |= bit;
        break;
    case LAPIC_STARTUP:
        platform->outbox.start |= bit;
        platform->outbox.start_vector[vcpu] = message->vector;
        break;
    default: /* no SMM; ExtINT by message is not wired */
        return;
    }
    platform->outbox.is_filled = true;
}

static void platform_deliver(struct platform *platform, unsigned sender, const struct apic_message *message)
{
    uint32_t targets = apic_bus_targets(platform->lapics, platform->config.vcpus, sender, message);

    for (unsigned vcpu = 0; targets; vcpu++, targets >>= 1)
        if (targets & 1)
            platform_deliver_one(platform, vcpu, message);
}

void platform_ioapic_send(struct platform *platform, uint32_t pins)
{
    struct apic_message message;

    for (unsigned pin = 0; pins; pin++, pins >>= 1)
        if (pins & 1 && ioapic_take_message(&platform->ioapic, pin, false, &message))
            platform_deliver(platform, 0, &message);
}

static void platform_set_ioapic_pin(struct platform *platform, unsigned pin, bool level)
{
    struct apic_message message;
    bool edge = ioapic_set_line(&platform->ioapic, pin, level);

    if (edge && ioapic_take_message(&platform->ioapic, pin, true, &message))
        platform_deliver(platform, 0, &message);
}

/* LINT0 in fixed or NMI mode: the 8259's output is an ordinary interrupt line then. */
static void platform_raise_lint0(struct platform *platform, unsigned vcpu)
{
    struct lapic *lapic = &platform->lapics[vcpu];
    uint32_t entry = lapic->lvt[LAPIC_LVT_LINT0];

    if (entry & LAPIC_LVT_MASKED || !lapic_is_on(lapic))
        return;
    if ((entry >> 8 & 7) == LAPIC_FIXED) {
        lapic_request(lapic, (uint8_t)entry, false);
    } else if ((entry >> 8 & 7) == LAPIC_NMI) {
        platform->outbox.nmi |= 1u << vcpu;
        platform->outbox.is_filled = true;
    }
}

void platform_pic_changed(struct platform *platform)
{
    bool output = pic_output(&platform->pic), before = platform->pic_output;

    platform->pic_output = output;
    if (!output && !before)
        return;
    for (unsigned vcpu = 0; vcpu < platform->config.vcpus; vcpu++) {
        if (output && !before)
            platform_raise_lint0(platform, vcpu);
        platform_update_pending(platform, vcpu); /* the vector may be another one */
    }
}

void platform_set_irq(struct platform *platform, unsigned irq, bool level)
{
    uint16_t bit = (uint16_t)(1 << irq);

    if (!(platform->irq_lines & bit) == !level) /* both controllers remember the level */
        return;
    platform->irq_lines ^= bit;
    pic_set_line(&platform->pic, irq, level);
    platform_pic_changed(platform);
    platform_set_ioapic_pin(platform, irq == PLATFORM_IRQ_TIMER ? PLATFORM_PIN_TIMER : irq, level);
}

void platform_lapic_effect(struct platform *platform, unsigned vcpu, enum lapic_effect effect, uint8_t argument)
{
    struct apic_message message;

    switch (effect) {
    case LAPIC_NOTHING:
        break;
    case LAPIC_END_OF_LEVEL:
        platform_ioapic_send(platform, ioapic_end_of_interrupt(&platform->ioapic, argument));
        break;
    case LAPIC_COMMAND:
        if (apic_bus_command(&platform->lapics[vcpu], &message))
            platform_deliver(platform, vcpu, &message);
        break;
    case LAPIC_TIMER:
        platform_update_deadline(platform);
        break;
    }
    platform_update_pending(platform, vcpu);
}

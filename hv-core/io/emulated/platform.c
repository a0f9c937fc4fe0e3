/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulated PC as the run loop sees it: start, the passing of time, pending interrupts and their acknowledgement.
 * The devices behind it are wired in platform_ports.c (registers) and platform_interrupts.c (lines).
 */
#include "io/emulated/platform_state.h"
#include <coopvirt/error.h>
#include <coopvirt/string.h>

size_t platform_size(void)
{
    return sizeof(struct platform);
}

struct io_registry *platform_registry(struct platform *platform)
{
    return &platform->registry;
}

void platform_lock(struct platform *platform)
{
    spinlock_take(&platform->lock);
}

static void platform_tell_vcpus(struct platform *platform, uint32_t mask, void (*callback)(void *, unsigned))
{
    for (unsigned vcpu = 0; mask && callback; vcpu++, mask >>= 1)
        if (mask & 1)
            callback(platform->world.context, vcpu);
}

/* Hands over what was meant for the world while the lock was held. */
static void platform_deliver_outbox(struct platform *platform, const struct platform_outbox *outbox)
{
    const struct platform_world *world = &platform->world;

    if (outbox->has_byte && world->console_write)
        world->console_write(world->context, outbox->uart, (const char *)&outbox->byte, 1);
    if (outbox->has_marker && world->marker)
        world->marker(world->context, outbox->vcpu, outbox->marker);
    platform_tell_vcpus(platform, outbox->init, world->init_vcpu);
    for (unsigned vcpu = 0; vcpu < PLATFORM_VCPUS; vcpu++)
        if (outbox->start & 1u << vcpu && world->start_vcpu)
            world->start_vcpu(world->context, vcpu, outbox->start_vector[vcpu]);
    platform_tell_vcpus(platform, outbox->nmi, world->nmi);
    platform_tell_vcpus(platform, outbox->kick, world->kick);
}

void platform_unlock(struct platform *platform)
{
    if (!platform->outbox.is_filled) {
        spinlock_release(&platform->lock);
        return;
    }
    struct platform_outbox outbox = platform->outbox;
    platform->outbox = (struct platform_outbox){.is_filled = false};
    spinlock_release(&platform->lock);
    platform_deliver_outbox(platform, &outbox);
}

/* Moves time on, never back: the clocks of two CPUs may differ by a little. */
static void platform_set_time(struct platform *platform, uint64_t now)
{
    if (now > platform->start && now - platform->start > platform->elapsed)
        platform->elapsed = now - platform->start;
}

uint64_t platform_elapsed(struct platform *platform)
{
    platform_set_time(platform, platform->world.now(platform->world.context));
    return platform->elapsed;
}

uint64_t platform_lapic_ticks(struct platform *platform)
{
    return ratio_forward(platform->lapic_ratio, platform_elapsed(platform));
}

static uint64_t platform_minimum(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void platform_update_deadline(struct platform *platform)
{
    uint64_t lapic = LAPIC_NEVER, earliest;

    for (unsigned vcpu = 0; vcpu < platform->config.vcpus; vcpu++)
        lapic = platform_minimum(lapic, lapic_deadline(&platform->lapics[vcpu]));
    earliest = ratio_back(platform->lapic_ratio, lapic);
    if (__builtin_add_overflow(earliest, platform->start, &earliest))
        earliest = UINT64_MAX;
    __atomic_store_n(&platform->deadline, earliest, __ATOMIC_RELEASE);
}

uint64_t platform_next_deadline(const struct platform *platform)
{
    return __atomic_load_n(&platform->deadline, __ATOMIC_ACQUIRE);
}

void platform_advance(struct platform *platform, uint64_t now)
{
    if (now < platform_next_deadline(platform))
        return;
    platform_lock(platform);
    platform_set_time(platform, now);
    uint64_t ticks = ratio_forward(platform->lapic_ratio, platform->elapsed);
    for (unsigned vcpu = 0; vcpu < platform->config.vcpus; vcpu++)
        if (lapic_advance(&platform->lapics[vcpu], ticks))
            platform_update_pending(platform, vcpu);
    platform_update_deadline(platform);
    platform_unlock(platform);
}

int platform_init(struct platform *platform, const struct platform_config *config, const struct platform_world *world)
{
    if (config->vcpus == 0 || config->vcpus > PLATFORM_VCPUS || !world->now)
        return -EINVAL;
    /* The ratios multiply two frequencies in 64 bits. */
    if (!config->tsc_khz || config->tsc_khz > 100000000 || !config->lapic_khz || config->lapic_khz > 100000000)
        return -EINVAL;
    if (config->disk_bytes && !config->disk)
        return -EINVAL;
    memset(platform, 0, sizeof *platform);
    platform->config = *config;
    platform->world = *world;
    platform->start = world->now(world->context);
    platform->lapic_ratio = (struct ratio){config->tsc_khz, config->lapic_khz};
    for (unsigned i = 0; i < PLATFORM_UARTS; i++)
        uart_reset(&platform->uarts[i]);
    pic_reset(&platform->pic);
    ioapic_reset(&platform->ioapic, 0);
    for (unsigned vcpu = 0; vcpu < PLATFORM_VCPUS; vcpu++) {
        lapic_reset(&platform->lapics[vcpu], vcpu, vcpu == 0);
        platform->pending[vcpu] = -1;
    }
    lapic_set_virtual_wire(&platform->lapics[0]);
    platform_update_deadline(platform);
    return platform_ports_register(platform);
}

int platform_interrupt_pending(struct platform *platform, unsigned vcpu)
{
    return __atomic_load_n(&platform->pending[vcpu], __ATOMIC_ACQUIRE);
}

int platform_interrupt_acknowledge(struct platform *platform, unsigned vcpu)
{
    int vector;

    platform_lock(platform);
    if (platform_takes_external(platform, vcpu)) {
        vector = pic_acknowledge(&platform->pic);
        platform_pic_changed(platform);
    } else {
        vector = lapic_deliverable(&platform->lapics[vcpu]);
        if (vector >= 0)
            lapic_acknowledge(&platform->lapics[vcpu]);
    }
    platform_update_pending(platform, vcpu);
    platform_unlock(platform);
    return vector;
}

uint8_t platform_cr8_read(struct platform *platform, unsigned vcpu)
{
    return (uint8_t)(platform->lapics[vcpu].task_priority >> 4); /* written by this VCPU only */
}

void platform_cr8_write(struct platform *platform, unsigned vcpu, uint8_t value)
{
    platform_lock(platform);
    platform->lapics[vcpu].task_priority = (uint32_t)(value & 0xf) << 4;
    platform_update_pending(platform, vcpu);
    platform_unlock(platform);
}

bool platform_msr_read(struct platform *platform, unsigned vcpu, uint32_t msr, uint64_t *value)
{
    platform_lock(platform);
    bool is_there = lapic_msr_read(&platform->lapics[vcpu], msr, platform_lapic_ticks(platform), value);
    platform_unlock(platform);
    return is_there;
}

bool platform_msr_write(struct platform *platform, unsigned vcpu, uint32_t msr, uint64_t value)
{
    enum lapic_effect effect;
    uint8_t argument = 0;

    platform_lock(platform);
    bool is_there =
        lapic_msr_write(&platform->lapics[vcpu], msr, value, platform_lapic_ticks(platform), &effect, &argument);
    if (is_there)
        platform_lapic_effect(platform, vcpu, effect, argument);
    platform_unlock(platform);
    return is_there;
}

bool platform_console_input(struct platform *platform, uint8_t byte)
{
    platform_lock(platform);
    bool is_taken = uart_receive(&platform->uarts[0], byte);
    platform_set_irq(platform, PLATFORM_IRQ_COM1, uart_interrupt(&platform->uarts[0]));
    platform_unlock(platform);
    return is_taken;
}

enum io_result platform_stop_vm(struct platform *platform, enum platform_stop reason, uint8_t status)
{
    if (platform->stop == PLATFORM_RUNNING) {
        platform->stop_status = status;
        __atomic_store_n(&platform->stop, reason, __ATOMIC_RELEASE);
    }
    return IO_STOP_VM;
}

enum platform_stop platform_stopped(const struct platform *platform, uint8_t *status)
{
    enum platform_stop reason = __atomic_load_n(&platform->stop, __ATOMIC_ACQUIRE);

    if (status)
        *status = platform->stop_status;
    return reason;
}

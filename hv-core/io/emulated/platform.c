/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulated PC as the run loop sees it: start, the passing of time, pending interrupts and their acknowledgement.
 * The devices behind it are wired in platform_ports.c (registers) and platform_interrupts.c (lines).
 */
#include "io/emulated/platform_state.h"
#include "io/emulated/tables.h"
#include <coopvirt/acpi.h>
#include <coopvirt/error.h>
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

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
    uint64_t lapic = LAPIC_NEVER;

    for (unsigned vcpu = 0; vcpu < platform->config.vcpus; vcpu++)
        lapic = platform_minimum(lapic, lapic_deadline(&platform->lapics[vcpu]));
    uint64_t earliest = platform_minimum(ratio_back(platform->lapic_ratio, lapic), platform->board_deadline);
    if (__builtin_add_overflow(earliest, platform->start, &earliest))
        earliest = UINT64_MAX;
    __atomic_store_n(&platform->deadline, earliest, __ATOMIC_RELEASE);
}

void platform_advance_board(struct platform *platform)
{
    uint64_t elapsed = platform->elapsed;

    if (pit_advance(&platform->pit, ratio_forward(platform->pit_ratio, elapsed))) {
        /* A pulse that stays: a square wave's low half would take the request back from a VCPU that was not running. */
        platform_set_irq(platform, PLATFORM_IRQ_TIMER, false);
        platform_set_irq(platform, PLATFORM_IRQ_TIMER, true);
    }
    platform_set_irq(platform, PLATFORM_IRQ_RTC,
                     rtc_advance(&platform->rtc, ratio_forward(platform->rtc_ratio, elapsed)));
    platform_set_irq(platform, PLATFORM_IRQ_SCI,
                     power_advance(&platform->power, ratio_forward(platform->power_ratio, elapsed)));

    uint64_t pit = ratio_back(platform->pit_ratio, pit_deadline(&platform->pit));
    uint64_t rtc = ratio_back(platform->rtc_ratio, rtc_deadline(&platform->rtc));
    uint64_t power = ratio_back(platform->power_ratio, power_deadline(&platform->power));
    platform->board_deadline = platform_minimum(pit, platform_minimum(rtc, power));
    platform_update_deadline(platform);
}

uint64_t platform_next_deadline(const struct platform *platform)
{
    return __atomic_load_n(&platform->deadline, __ATOMIC_ACQUIRE);
}

const uint64_t *platform_deadline_word(const struct platform *platform)
{
    return &platform->deadline;
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
    if (platform->elapsed >= platform->board_deadline)
        platform_advance_board(platform);
    else
        platform_update_deadline(platform);
    platform_unlock(platform);
}

/* Ratios of TSC units to the ticks of each clock. */
static void platform_init_clocks(struct platform *platform)
{
    uint64_t tsc_hz = platform->config.tsc_khz * 1000;

    platform->start = platform->world.now(platform->world.context);
    platform->lapic_ratio = (struct ratio){platform->config.tsc_khz, platform->config.lapic_khz};
    platform->pit_ratio = (struct ratio){tsc_hz, PIT_HZ};
    platform->rtc_ratio = (struct ratio){tsc_hz, RTC_HZ};
    platform->power_ratio = (struct ratio){tsc_hz, ACPI_PM_TIMER_HZ};
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
    platform_init_clocks(platform);
    for (unsigned i = 0; i < PLATFORM_UARTS; i++)
        uart_reset(&platform->uarts[i]);
    pic_reset(&platform->pic);
    ioapic_reset(&platform->ioapic, PLATFORM_IOAPIC_ID);
    pit_reset(&platform->pit);
    rtc_reset(&platform->rtc, config->realtime_at_start, config->memory_bytes);
    power_reset(&platform->power);
    keyboard_reset(&platform->keyboard);
    ata_reset(&platform->ata);
    platform->disk = (struct ata_image){config->disk, config->disk ? config->disk_bytes / ATA_SECTOR_BYTES : 0};
    for (unsigned vcpu = 0; vcpu < PLATFORM_VCPUS; vcpu++) {
        lapic_reset(&platform->lapics[vcpu], vcpu, vcpu == 0);
        platform->pending[vcpu] = platform->masked[vcpu] = -1;
    }
    lapic_set_virtual_wire(&platform->lapics[0]);
    platform_advance_board(platform);
    return platform_ports_register(platform);
}

int platform_interrupt_pending(struct platform *platform, unsigned vcpu)
{
    return __atomic_load_n(&platform->pending[vcpu], __ATOMIC_ACQUIRE);
}

const int32_t *platform_interrupt_word(const struct platform *platform, unsigned vcpu)
{
    return &platform->pending[vcpu];
}

int platform_interrupt_masked(struct platform *platform, unsigned vcpu)
{
    return __atomic_load_n(&platform->masked[vcpu], __ATOMIC_ACQUIRE);
}

int platform_interrupt_acknowledge(struct platform *platform, unsigned vcpu)
{
    int vector;

    platform_lock(platform);
    if (platform_takes_external(platform, vcpu)) {
        vector = pic_acknowledge(&platform->pic);
        platform_pic_changed(platform);
    } else {
        vector = lapic_deliverable(&platform->lapics[vcpu], platform->lapics[vcpu].task_priority);
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

bool platform_console_has_room(struct platform *platform)
{
    platform_lock(platform);
    bool has_room = uart_has_room(&platform->uarts[0]);
    platform_unlock(platform);
    return has_room;
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

void platform_write_tables(const struct platform *platform, uint8_t *area)
{
    const struct tables_machine machine = {
        .vcpus = platform->config.vcpus,
        .local_apic = X86_APIC_DEFAULT_BASE,
        .io_apic = PLATFORM_IOAPIC_BASE,
        .io_apic_id = PLATFORM_IOAPIC_ID,
        .cpu_signature = platform->config.cpu_signature,
        .cpu_features = platform->config.cpu_features,
    };

    tables_write_acpi(area, &machine);
    tables_write_mp(area, &machine);
    tables_write_bios(area);
}

void platform_write_low_memory(const struct platform *platform, uint8_t *low)
{
    const uint64_t base_end = 0xa0000; /* where video memory begins */

    tables_write_low_memory(low, platform->config.memory_bytes < base_end ? platform->config.memory_bytes : base_end);
}

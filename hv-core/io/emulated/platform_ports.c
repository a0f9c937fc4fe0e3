/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The address map of the emulated PC: one row a range of ports or memory, and the short functions that lead an access
 * to its device's register and what follows from it to the wires. A new device is a row here.
 */
#include "io/emulated/platform_ports.h"
#include <coopvirt/abi.h>
#include <coopvirt/x86.h>

enum io_result platform_ports_split(struct platform *platform, platform_reader read, platform_writer write,
                                    struct io_access *access)
{
    enum io_result result = IO_DONE;
    uint64_t value = 0;

    for (unsigned i = 0; i < access->bytes; i++) {
        unsigned port = (unsigned)access->address + i;
        if (!access->is_write)
            value |= (uint64_t)read(platform, port) << (8 * i);
        else if (write(platform, port, (uint8_t)(access->value >> (8 * i))) == IO_STOP_VM)
            result = IO_STOP_VM;
    }
    if (!access->is_write)
        access->value = value;
    return result;
}

static void platform_update_uart(struct platform *platform, unsigned index)
{
    platform_set_irq(platform, index ? PLATFORM_IRQ_COM2 : PLATFORM_IRQ_COM1, uart_interrupt(&platform->uarts[index]));
}

static uint8_t platform_read_uart(struct platform *platform, unsigned port)
{
    unsigned index = port < PORT_COM1;
    uint8_t value = uart_read(&platform->uarts[index], port & 7);

    platform_update_uart(platform, index);
    return value;
}

static enum io_result platform_write_uart(struct platform *platform, unsigned port, uint8_t value)
{
    unsigned index = port < PORT_COM1;

    if (uart_write(&platform->uarts[index], port & 7, value)) {
        platform->outbox.is_filled = platform->outbox.has_byte = true;
        platform->outbox.uart = (uint8_t)index;
        platform->outbox.byte = value;
        /* The transmitter was full for a moment: what edge-triggered inputs see of it. */
        platform_set_irq(platform, index ? PLATFORM_IRQ_COM2 : PLATFORM_IRQ_COM1, false);
    }
    platform_update_uart(platform, index);
    return IO_DONE;
}

static uint8_t platform_read_pic(struct platform *platform, unsigned port)
{
    uint8_t value = pic_read(&platform->pic, port >= 0xa0, port & 1);

    platform_pic_changed(platform); /* a poll acknowledges */
    return value;
}

static enum io_result platform_write_pic(struct platform *platform, unsigned port, uint8_t value)
{
    pic_write(&platform->pic, port >= 0xa0, port & 1, value);
    platform_pic_changed(platform);
    return IO_DONE;
}

static uint8_t platform_read_pic_level(struct platform *platform, unsigned port)
{
    return pic_level_read(&platform->pic, port & 1);
}

static enum io_result platform_write_pic_level(struct platform *platform, unsigned port, uint8_t value)
{
    pic_level_write(&platform->pic, port & 1, value);
    platform_pic_changed(platform);
    return IO_DONE;
}

/* Power-on self-test code: a latch. Delay loops read and write it. */
static uint8_t platform_read_post(struct platform *platform, unsigned port)
{
    (void)port;
    return platform->post_code;
}

static enum io_result platform_write_post(struct platform *platform, unsigned port, uint8_t value)
{
    (void)port;
    platform->post_code = value;
    return IO_DONE;
}

static enum io_result platform_reset_if(struct platform *platform, bool resets)
{
    return resets ? platform_stop_vm(platform, PLATFORM_STOP_RESET, 0) : IO_DONE;
}

static uint8_t platform_read_keyboard(struct platform *platform, unsigned port)
{
    uint8_t value = keyboard_read(&platform->keyboard, port);

    platform_set_irq(platform, PLATFORM_IRQ_KEYBOARD, keyboard_interrupt(&platform->keyboard));
    return value;
}

static enum io_result platform_write_keyboard(struct platform *platform, unsigned port, uint8_t value)
{
    bool resets = keyboard_write(&platform->keyboard, port, value);

    platform_set_irq(platform, PLATFORM_IRQ_KEYBOARD, keyboard_interrupt(&platform->keyboard));
    return platform_reset_if(platform, resets);
}

static uint8_t platform_read_control_a(struct platform *platform, unsigned port)
{
    (void)port;
    return keyboard_control_read(&platform->keyboard);
}

static enum io_result platform_write_control_a(struct platform *platform, unsigned port, uint8_t value)
{
    (void)port;
    return platform_reset_if(platform, keyboard_control_write(&platform->keyboard, value));
}

/* There is no PCI: no host bridge takes the address, all is ones. The reset register lies among these ports. */
static enum io_result platform_access_pci(struct platform *platform, struct io_access *access)
{
    if (access->bytes != 1 || access->address != POWER_PORT_RESET)
        return IO_DONE;
    if (access->is_write)
        return platform_reset_if(platform, power_write_reset(&platform->power, (uint8_t)access->value) == POWER_RESET);
    access->value = platform->power.reset;
    return IO_DONE;
}

static enum io_result platform_access_exit(struct platform *platform, struct io_access *access)
{
    if (access->is_write)
        return platform_stop_vm(platform, PLATFORM_STOP_EXIT_PORT, (uint8_t)access->value);
    return IO_DONE;
}

static enum io_result platform_access_marker(struct platform *platform, struct io_access *access)
{
    if (access->is_write && access->bytes == 4) {
        platform->outbox.is_filled = platform->outbox.has_marker = true;
        platform->outbox.vcpu = access->vcpu;
        platform->outbox.marker = (uint32_t)access->value;
    }
    return IO_DONE;
}

/* Registers are 32 bits wide on 16-byte boundaries; other writes are undefined by the manuals, and ignored. */
static enum io_result platform_access_lapic(struct platform *platform, struct io_access *access)
{
    struct lapic *lapic = &platform->lapics[access->vcpu];
    unsigned offset = access->address & 0xff0, shift = access->address & 15;
    uint8_t argument = 0;

    if (!lapic_is_on(lapic) || lapic_is_x2apic(lapic))
        return IO_DONE;
    uint64_t now = offset >= LAPIC_TIMED_REGISTERS ? platform_lapic_ticks(platform) : 0;
    if (!access->is_write) {
        access->value = shift < 4 ? (uint64_t)lapic_read(lapic, offset, now) >> (8 * shift) : 0;
        platform_update_pending(platform, access->vcpu); /* a wrong register is an error interrupt */
        return IO_DONE;
    }
    if (shift || access->bytes < 4)
        return IO_DONE;
    enum lapic_effect effect = lapic_write(lapic, offset, (uint32_t)access->value, now, &argument);
    platform_lapic_effect(platform, access->vcpu, effect, argument);
    return IO_DONE;
}

static enum io_result platform_access_ioapic(struct platform *platform, struct io_access *access)
{
    unsigned offset = access->address & 0xff0, shift = access->address & 15;

    if (!access->is_write)
        access->value = shift < 4 ? (uint64_t)ioapic_read(&platform->ioapic, offset) >> (8 * shift) : 0;
    else if (!shift && (access->bytes >= 4 || offset == 0)) /* the index is a byte register */
        platform_ioapic_send(platform, ioapic_write(&platform->ioapic, offset, (uint32_t)access->value));
    return IO_DONE;
}

static const struct platform_row platform_rows[] = {
    {IO_PORT, 0x20, 2, "pic", platform_read_pic, platform_write_pic, NULL},
    {IO_PORT, 0x40, 4, "pit", platform_timers_read_pit, platform_timers_write_pit, NULL},
    {IO_PORT, 0x60, 1, "keyboard", platform_read_keyboard, platform_write_keyboard, NULL},
    {IO_PORT, PORT_CONTROL_B, 1, "pit", platform_timers_read_pit, platform_timers_write_pit, NULL},
    {IO_PORT, 0x64, 1, "keyboard", platform_read_keyboard, platform_write_keyboard, NULL},
    {IO_PORT, 0x70, 2, "rtc", platform_timers_read_rtc, platform_timers_write_rtc, NULL},
    {IO_PORT, 0x80, 1, "post", platform_read_post, platform_write_post, NULL},
    {IO_PORT, 0x92, 1, "keyboard", platform_read_control_a, platform_write_control_a, NULL},
    {IO_PORT, 0xa0, 2, "pic", platform_read_pic, platform_write_pic, NULL},
    {IO_PORT, COOP_PORT_EXIT, 4, "exit", NULL, NULL, platform_access_exit},
    {IO_PORT, PORT_COM2, 8, "uart", platform_read_uart, platform_write_uart, NULL},
    {IO_PORT, PORT_COM1, 8, "uart", platform_read_uart, platform_write_uart, NULL},
    {IO_PORT, 0x4d0, 2, "pic", platform_read_pic_level, platform_write_pic_level, NULL},
    {IO_PORT, POWER_PORT_EVENT, 6, "power", platform_timers_read_power, platform_timers_write_power, NULL},
    {IO_PORT, POWER_PORT_TIMER, 4, "power", NULL, NULL, platform_timers_access_power_timer},
    {IO_PORT, COOP_PORT_MARKER, 4, "marker", NULL, NULL, platform_access_marker},
    {IO_PORT, 0xcf8, 8, "pci", NULL, NULL, platform_access_pci},
    {IO_MEMORY, PLATFORM_IOAPIC_BASE, 0x1000, "ioapic", NULL, NULL, platform_access_ioapic},
    {IO_MEMORY, X86_APIC_DEFAULT_BASE, 0x1000, "lapic", NULL, NULL, platform_access_lapic},
};

/* Without a disk nothing drives the channel's bus. */
static const struct platform_row platform_disk_rows[] = {
    {IO_PORT, PORT_DISK, 8, "disk", NULL, NULL, platform_disk_access},
    {IO_PORT, PORT_DISK_CONTROL, 1, "disk", platform_disk_read, platform_disk_write, NULL},
};

/* The one handler that the registry knows: takes the lock, goes to the row. */
static enum io_result platform_handle_access(void *device, struct io_access *access)
{
    const struct platform_binding *binding = device;
    struct platform *platform = binding->platform;
    enum io_result result;

    if (access->vcpu >= platform->config.vcpus)
        return IO_DONE;
    platform_lock(platform);
    if (binding->row->access)
        result = binding->row->access(platform, access);
    else
        result = platform_ports_split(platform, binding->row->read, binding->row->write, access);
    platform_unlock(platform);
    return result;
}

static int platform_register_rows(struct platform *platform, const struct platform_row *rows, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct platform_binding *binding = &platform->bindings[platform->binding_count++];
        *binding = (struct platform_binding){platform, &rows[i]};
        int error = io_registry_add(&platform->registry, rows[i].space, rows[i].first, rows[i].count,
                                    platform_handle_access, binding, rows[i].name);
        if (error)
            return error;
    }
    return 0;
}

int platform_ports_register(struct platform *platform)
{
    int error = platform_register_rows(platform, platform_rows, sizeof platform_rows / sizeof platform_rows[0]);

    if (error || !platform->disk.sectors)
        return error;
    error =
        platform_register_rows(platform, platform_disk_rows, sizeof platform_disk_rows / sizeof platform_disk_rows[0]);
    io_registry_set_string(&platform->registry, IO_PORT, PORT_DISK, platform_disk_string);
    return error;
}

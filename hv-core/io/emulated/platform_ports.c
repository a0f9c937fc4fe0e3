/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The address map of the emulated PC: one row a range of ports or memory, and the short functions that lead an access
 * to its device's register and what follows from it to the wires. A new device is a row here.
 */
#include "io/emulated/platform_state.h"
#include <coopvirt/abi.h>
#include <coopvirt/error.h>
#include <coopvirt/x86.h>

/* Byte-wide devices give read and write; a wider access falls into bytes. Others give access. */
struct platform_row {
    enum io_space space;
    uint64_t first;
    unsigned count;
    const char *name;
    uint8_t (*read)(struct platform *platform, unsigned port);
    enum io_result (*write)(struct platform *platform, unsigned port, uint8_t value);
    enum io_result (*access)(struct platform *platform, struct io_access *access);
};

#define PORT_COM1 0x3f8
#define PORT_COM2 0x2f8

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
    platform_lapic_effect(platform, access->vcpu, lapic_write(lapic, offset, (uint32_t)access->value, now, &argument),
                          argument);
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
    {IO_PORT, 0x80, 1, "post", platform_read_post, platform_write_post, NULL},
    {IO_PORT, 0xa0, 2, "pic", platform_read_pic, platform_write_pic, NULL},
    {IO_PORT, COOP_PORT_EXIT, 4, "exit", NULL, NULL, platform_access_exit},
    {IO_PORT, PORT_COM2, 8, "uart", platform_read_uart, platform_write_uart, NULL},
    {IO_PORT, PORT_COM1, 8, "uart", platform_read_uart, platform_write_uart, NULL},
    {IO_PORT, 0x4d0, 2, "pic", platform_read_pic_level, platform_write_pic_level, NULL},
    {IO_PORT, COOP_PORT_MARKER, 4, "marker", NULL, NULL, platform_access_marker},
    {IO_MEMORY, PLATFORM_IOAPIC_BASE, 0x1000, "ioapic", NULL, NULL, platform_access_ioapic},
    {IO_MEMORY, X86_APIC_DEFAULT_BASE, 0x1000, "lapic", NULL, NULL, platform_access_lapic},
};

/* A byte-wide device under an access of any width: the bus makes single cycles of it. */
static enum io_result platform_access_bytes(struct platform *platform, const struct platform_row *row,
                                            struct io_access *access)
{
    enum io_result result = IO_DONE;
    uint64_t value = 0;

    for (unsigned i = 0; i < access->bytes; i++) {
        unsigned port = (unsigned)access->address + i;
        if (!access->is_write)
            value |= (uint64_t)row->read(platform, port) << (8 * i);
        else if (row->write(platform, port, (uint8_t)(access->value >> (8 * i))) == IO_STOP_VM)
            result = IO_STOP_VM;
    }
    if (!access->is_write)
        access->value = value;
    return result;
}

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
        result = platform_access_bytes(platform, binding->row, access);
    platform_unlock(platform);
    return result;
}

int platform_ports_register(struct platform *platform)
{
    for (unsigned i = 0; i < sizeof platform_rows / sizeof platform_rows[0]; i++) {
        const struct platform_row *row = &platform_rows[i];
        struct platform_binding *binding = &platform->bindings[i];
        *binding = (struct platform_binding){platform, row};
        int error = io_registry_add(&platform->registry, row->space, row->first, row->count, platform_handle_access,
                                    binding, row->name);
        if (error)
            return error;
    }
    return 0;
}

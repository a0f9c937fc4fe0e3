/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way of an access to the disk: its registers, and blocks of data for string instructions.
 */
#include "io/emulated/platform_ports.h"
#include <coopvirt/string.h>

uint8_t platform_disk_read(struct platform *platform, unsigned port)
{
    uint8_t value =
        port == PORT_DISK_CONTROL ? ata_alternate_status(&platform->ata) : ata_read(&platform->ata, port & 7);

    platform_set_irq(platform, PLATFORM_IRQ_DISK, ata_interrupt(&platform->ata));
    return value;
}

enum io_result platform_disk_write(struct platform *platform, unsigned port, uint8_t value)
{
    if (port == PORT_DISK_CONTROL)
        ata_write_control(&platform->ata, value);
    else
        ata_write(&platform->ata, &platform->disk, port & 7, value);
    platform_set_irq(platform, PLATFORM_IRQ_DISK, ata_interrupt(&platform->ata));
    return IO_DONE;
}

/* The data register stands at the first port, 16 or 32 bits wide; the other seven are byte registers. */
enum io_result platform_disk_access(struct platform *platform, struct io_access *access)
{
    if (access->address != PORT_DISK)
        return platform_ports_split(platform, platform_disk_read, platform_disk_write, access);
    if (access->is_write)
        ata_write_data(&platform->ata, &platform->disk, access->bytes, (uint32_t)access->value);
    else
        access->value = ata_read_data(&platform->ata, &platform->disk, access->bytes);
    platform_set_irq(platform, PLATFORM_IRQ_DISK, ata_interrupt(&platform->ata));
    return IO_DONE;
}

static void disk_move_string(struct platform *platform, struct io_access *access, uint8_t *values, uint64_t count)
{
    if (access->is_write)
        ata_write_string(&platform->ata, &platform->disk, values, count * access->bytes);
    else
        ata_read_string(&platform->ata, &platform->disk, values, count * access->bytes);
    platform_set_irq(platform, PLATFORM_IRQ_DISK, ata_interrupt(&platform->ata));
}

static void disk_move_singly(struct platform *platform, struct io_access *access, uint8_t *values, uint64_t count)
{
    for (; count; count--, values += access->bytes) {
        access->value = 0;
        if (access->is_write)
            memcpy(&access->value, values, access->bytes);
        platform_disk_access(platform, access);
        if (!access->is_write)
            memcpy(values, &access->value, access->bytes);
    }
}

/* Repeated accesses: at once at the data register, one by one at the others. */
uint64_t platform_disk_string(void *device, struct io_access *access, uint8_t *values, uint64_t count,
                              enum io_result *result)
{
    struct platform *platform = ((const struct platform_binding *)device)->platform;

    *result = IO_DONE;
    if (access->vcpu >= platform->config.vcpus)
        return count;
    platform_lock(platform);
    if (access->address == PORT_DISK && access->bytes >= 2)
        disk_move_string(platform, access, values, count);
    else
        disk_move_singly(platform, access, values, count);
    platform_unlock(platform);
    return count;
}

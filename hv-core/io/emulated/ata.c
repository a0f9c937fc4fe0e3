/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ATA task file: registers, the data port, soft reset, and the device that is not there. The commands are
 * ata_command.c.
 */
#include "io/emulated/ata.h"
#include "io/emulated/ata_command.h"
#include <coopvirt/string.h>

enum { ATA_FEATURES = 1, ATA_COUNT, ATA_LBA_LOW, ATA_LBA_MID, ATA_LBA_HIGH, ATA_DEVICE, ATA_COMMAND };

static bool ata_second_selected(const struct ata *ata)
{
    return ata->device & ATA_DEVICE_SECOND;
}

void ata_set_signature(struct ata *ata)
{
    memset(ata->features, 0, sizeof ata->features);
    ata->count[0] = ata->lba_low[0] = 1;
    ata->count[1] = ata->lba_low[1] = 0;
    memset(ata->lba_mid, 0, sizeof ata->lba_mid);
    memset(ata->lba_high, 0, sizeof ata->lba_high);
    ata->device = 0;
    ata->error = 1; /* diagnostic code: device 0 passed */
    ata->status = ATA_STATUS_IDLE;
    ata->at = ata->length = ata->remaining = 0;
}

void ata_reset(struct ata *ata)
{
    memset(ata, 0, sizeof *ata);
    ata->heads = 16;
    ata->sectors_per_track = 63;
    ata_set_signature(ata);
}

/* "Device 0 responds for an absent device 1" with status 0 and its own other registers. */
uint8_t ata_alternate_status(const struct ata *ata)
{
    return ata_second_selected(ata) ? 0 : ata->status;
}

bool ata_interrupt(const struct ata *ata)
{
    return ata->interrupt && !(ata->control & ATA_CONTROL_NO_IRQ);
}

uint8_t ata_read(struct ata *ata, unsigned offset)
{
    unsigned order = ata->control & ATA_CONTROL_HIGH_ORDER ? 1 : 0;

    switch (offset) {
    case ATA_FEATURES:
        return ata->error;
    case ATA_COUNT:
        return ata->count[order];
    case ATA_LBA_LOW:
        return ata->lba_low[order];
    case ATA_LBA_MID:
        return ata->lba_mid[order];
    case ATA_LBA_HIGH:
        return ata->lba_high[order];
    case ATA_DEVICE:
        return ata->device | 0xa0; /* obsolete bits, always set */
    default:
        ata->interrupt = false;
        return ata_alternate_status(ata);
    }
}

static void ata_push(uint8_t registers[2], uint8_t value)
{
    registers[1] = registers[0];
    registers[0] = value;
}

void ata_write(struct ata *ata, const struct ata_image *image, unsigned offset, uint8_t value)
{
    ata->control &= ~ATA_CONTROL_HIGH_ORDER;
    if (ata->status & ATA_STATUS_BUSY) /* held in reset */
        return;
    switch (offset) {
    case ATA_FEATURES:
        ata_push(ata->features, value);
        break;
    case ATA_COUNT:
        ata_push(ata->count, value);
        break;
    case ATA_LBA_LOW:
        ata_push(ata->lba_low, value);
        break;
    case ATA_LBA_MID:
        ata_push(ata->lba_mid, value);
        break;
    case ATA_LBA_HIGH:
        ata_push(ata->lba_high, value);
        break;
    case ATA_DEVICE:
        ata->device = value & 0x5f;
        break;
    case ATA_COMMAND:
        ata_command(ata, image, value);
        break;
    default:
        break;
    }
}

void ata_write_control(struct ata *ata, uint8_t value)
{
    bool was_reset = ata->control & ATA_CONTROL_RESET;

    ata->control = value & (ATA_CONTROL_HIGH_ORDER | ATA_CONTROL_RESET | ATA_CONTROL_NO_IRQ);
    if (value & ATA_CONTROL_RESET) {
        ata->interrupt = false;
        ata->multiple = 0;
        ata_set_signature(ata);
        ata->status = ATA_STATUS_BUSY;
    } else if (was_reset) {
        ata->status = ATA_STATUS_IDLE;
    }
}

/* An 8-bit access still takes a word from the 16-bit bus. */
static unsigned ata_data_bytes(const struct ata *ata, unsigned bytes)
{
    unsigned wanted = bytes < 2 ? 2 : bytes;
    return wanted < ata->length - ata->at ? wanted : ata->length - ata->at;
}

static bool ata_data_is_due(const struct ata *ata, bool is_write)
{
    return ata->status & ATA_STATUS_DATA && ata->is_writing == is_write && !ata_second_selected(ata);
}

uint32_t ata_read_data(struct ata *ata, const struct ata_image *image, unsigned bytes)
{
    uint32_t value = 0;

    if (bytes > 4 || !ata_data_is_due(ata, false))
        return 0xffffffff;
    unsigned moved = ata_data_bytes(ata, bytes);
    memcpy(&value, ata->buffer + ata->at, moved);
    ata->at += moved;
    if (ata->at == ata->length)
        ata_command_continue(ata, image);
    return value;
}

void ata_write_data(struct ata *ata, const struct ata_image *image, unsigned bytes, uint32_t value)
{
    if (bytes > 4 || !ata_data_is_due(ata, true))
        return;
    unsigned moved = ata_data_bytes(ata, bytes);
    memcpy(ata->buffer + ata->at, &value, moved);
    ata->at += moved;
    if (ata->at == ata->length)
        ata_command_continue(ata, image);
}

/* How much of a string the current DRQ block takes. */
static uint64_t ata_string_part(const struct ata *ata, uint64_t bytes)
{
    return bytes < ata->length - ata->at ? bytes : ata->length - ata->at;
}

void ata_read_string(struct ata *ata, const struct ata_image *image, uint8_t *to, uint64_t bytes)
{
    while (bytes && ata_data_is_due(ata, false)) {
        uint64_t part = ata_string_part(ata, bytes);
        memcpy(to, ata->buffer + ata->at, part);
        to += part;
        bytes -= part;
        ata->at += (uint32_t)part;
        if (ata->at == ata->length)
            ata_command_continue(ata, image);
    }
    memset(to, 0xff, bytes);
}

void ata_write_string(struct ata *ata, const struct ata_image *image, const uint8_t *from, uint64_t bytes)
{
    while (bytes && ata_data_is_due(ata, true)) {
        uint64_t part = ata_string_part(ata, bytes);
        memcpy(ata->buffer + ata->at, from, part);
        from += part;
        bytes -= part;
        ata->at += (uint32_t)part;
        if (ata->at == ata->length)
            ata_command_continue(ata, image);
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ATA commands, one row each. A data command moves one DRQ block after the other between the image and the buffer;
 * an address beyond the image ends it with IDNF, before a byte is touched.
 */
#include "io/emulated/ata_command.h"
#include <coopvirt/string.h>

struct ata_row {
    uint8_t first, last; /* command bytes */
    void (*handler)(struct ata *ata, const struct ata_image *image, const struct ata_row *row);
    bool is_extended, is_multiple, is_writing;
};

static void ata_finish(struct ata *ata)
{
    ata->status = ATA_STATUS_IDLE;
    ata->interrupt = true;
}

static void ata_fail(struct ata *ata, uint8_t error)
{
    ata->status = ATA_STATUS_IDLE | ATA_STATUS_ERROR;
    ata->error = error;
    ata->at = ata->length = ata->remaining = 0;
    ata->interrupt = true;
}

/* Writes address and count of what is still to be done into the task file. */
static void ata_store_address(struct ata *ata)
{
    uint64_t lba = ata->lba;

    ata->count[0] = (uint8_t)ata->remaining;
    if (!ata->is_extended && !(ata->device & ATA_DEVICE_LBA)) {
        unsigned sector = (unsigned)(lba % ata->sectors_per_track) + 1;
        unsigned head = (unsigned)(lba / ata->sectors_per_track % ata->heads);
        uint64_t cylinder = lba / ata->sectors_per_track / ata->heads;
        lba = sector | cylinder << 8 | (uint64_t)head << 24;
    }
    ata->lba_low[0] = (uint8_t)lba;
    ata->lba_mid[0] = (uint8_t)(lba >> 8);
    ata->lba_high[0] = (uint8_t)(lba >> 16);
    if (ata->is_extended) {
        ata->count[1] = (uint8_t)(ata->remaining >> 8);
        ata->lba_low[1] = (uint8_t)(lba >> 24);
        ata->lba_mid[1] = (uint8_t)(lba >> 32);
        ata->lba_high[1] = (uint8_t)(lba >> 40);
    } else {
        ata->device = (ata->device & 0xf0) | (lba >> 24 & 0x0f);
    }
}

/* The address in the task file; false for a CHS sector that no track has. */
static bool ata_load_address(struct ata *ata)
{
    uint32_t low = ata->lba_low[0] | (uint32_t)ata->lba_mid[0] << 8 | (uint32_t)ata->lba_high[0] << 16;

    if (ata->is_extended) {
        ata->lba =
            low | (uint64_t)ata->lba_low[1] << 24 | (uint64_t)ata->lba_mid[1] << 32 | (uint64_t)ata->lba_high[1] << 40;
        ata->remaining = ata->count[0] | (uint32_t)ata->count[1] << 8;
        ata->remaining = ata->remaining ? ata->remaining : 65536;
        return true;
    }
    ata->remaining = ata->count[0] ? ata->count[0] : 256;
    if (ata->device & ATA_DEVICE_LBA) {
        ata->lba = low | (uint32_t)(ata->device & 0x0f) << 24;
        return true;
    }
    unsigned sector = low & 0xff, head = ata->device & 0x0f;
    ata->lba = ((uint64_t)(low >> 8) * ata->heads + head) * ata->sectors_per_track + sector - 1;
    return sector >= 1 && sector <= ata->sectors_per_track && head < ata->heads;
}

/* Prepares the next DRQ block: for a read it is filled. False when it failed. */
static bool ata_open_block(struct ata *ata, const struct ata_image *image)
{
    uint32_t sectors = ata->remaining < ata->block ? ata->remaining : ata->block;

    if (ata->lba >= image->sectors || image->sectors - ata->lba < sectors) {
        ata_store_address(ata);
        ata_fail(ata, ATA_ERROR_NOT_FOUND);
        return false;
    }
    ata->at = 0;
    ata->length = sectors * ATA_SECTOR_BYTES;
    ata->status = ATA_STATUS_IDLE | ATA_STATUS_DATA;
    if (!ata->is_writing)
        memcpy(ata->buffer, image->bytes + ata->lba * ATA_SECTOR_BYTES, ata->length);
    return true;
}

void ata_command_continue(struct ata *ata, const struct ata_image *image)
{
    uint32_t sectors = ata->length / ATA_SECTOR_BYTES;

    ata->at = ata->length = 0;
    if (!ata->remaining) { /* IDENTIFY DEVICE: nothing behind the buffer */
        ata->status = ATA_STATUS_IDLE;
        return;
    }
    if (ata->is_writing) /* ata_open_block() saw to the bounds */
        memcpy(image->bytes + ata->lba * ATA_SECTOR_BYTES, ata->buffer, (size_t)sectors * ATA_SECTOR_BYTES);
    ata->lba += sectors;
    ata->remaining -= sectors;
    if (ata->remaining) {
        if (ata_open_block(ata, image))
            ata->interrupt = true;
        return;
    }
    ata_store_address(ata);
    ata->status = ATA_STATUS_IDLE;
    if (ata->is_writing) /* the end of a read was announced with its last block */
        ata->interrupt = true;
}

static void ata_do_transfer(struct ata *ata, const struct ata_image *image, const struct ata_row *row)
{
    ata->is_extended = row->is_extended;
    ata->is_writing = row->is_writing;
    if (row->is_multiple && !ata->multiple) {
        ata_fail(ata, ATA_ERROR_ABORTED);
        return;
    }
    ata->block = row->is_multiple ? ata->multiple : 1;
    if (!ata_load_address(ata)) {
        ata_fail(ata, ATA_ERROR_NOT_FOUND);
        return;
    }
    if (ata_open_block(ata, image) && !ata->is_writing)
        ata->interrupt = true;
}

static void ata_do_verify(struct ata *ata, const struct ata_image *image, const struct ata_row *row)
{
    ata->is_extended = row->is_extended;
    if (!ata_load_address(ata) || ata->lba >= image->sectors || image->sectors - ata->lba < ata->remaining) {
        ata_fail(ata, ATA_ERROR_NOT_FOUND);
        return;
    }
    ata->remaining = 0;
    ata_finish(ata);
}

static void ata_do_identify(struct ata *ata, const struct ata_image *image, const struct ata_row *row)
{
    (void)row;
    ata_identify(ata, image->sectors, ata->buffer);
    ata->is_writing = false;
    ata->remaining = ata->at = 0;
    ata->length = ATA_SECTOR_BYTES;
    ata->status = ATA_STATUS_IDLE | ATA_STATUS_DATA;
    ata->interrupt = true;
}

static void ata_do_nothing(struct ata *ata, const struct ata_image *image, const struct ata_row *row)
{
    (void)image;
    (void)row;
    ata_finish(ata);
}

static void ata_do_diagnostic(struct ata *ata, const struct ata_image *image, const struct ata_row *row)
{
    (void)image;
    (void)row;
    ata_set_signature(ata);
    ata_finish(ata);
}

static void ata_do_set_geometry(struct ata *ata, const struct ata_image *image, const struct ata_row *row)
{
    (void)image;
    (void)row;
    if (!ata->count[0]) {
        ata_fail(ata, ATA_ERROR_ABORTED);
        return;
    }
    ata->heads = (ata->device & 0x0f) + 1;
    ata->sectors_per_track = ata->count[0];
    ata_finish(ata);
}

static void ata_do_set_multiple(struct ata *ata, const struct ata_image *image, const struct ata_row *row)
{
    uint8_t count = ata->count[0];

    (void)image;
    (void)row;
    if (count > ATA_MULTIPLE_MAX || count & (count - 1)) {
        ata_fail(ata, ATA_ERROR_ABORTED);
        return;
    }
    ata->multiple = count;
    ata_finish(ata);
}

static void ata_do_set_features(struct ata *ata, const struct ata_image *image, const struct ata_row *row)
{
    (void)image;
    (void)row;
    /* "Set transfer mode": the default, or PIO with flow control, modes 0 to 4 */
    if (ata->features[0] == 0x03 && (ata->count[0] <= 1 || (ata->count[0] >= 8 && ata->count[0] <= 12)))
        ata_finish(ata);
    else
        ata_fail(ata, ATA_ERROR_ABORTED);
}

static void ata_do_check_power(struct ata *ata, const struct ata_image *image, const struct ata_row *row)
{
    (void)image;
    (void)row;
    ata->count[0] = 0xff; /* active or idle */
    ata_finish(ata);
}

static const struct ata_row ata_rows[] = {
    {0x10, 0x1f, ata_do_nothing, false, false, false},      /* RECALIBRATE */
    {0x20, 0x21, ata_do_transfer, false, false, false},     /* READ SECTORS */
    {0x24, 0x24, ata_do_transfer, true, false, false},      /* READ SECTORS EXT */
    {0x29, 0x29, ata_do_transfer, true, true, false},       /* READ MULTIPLE EXT */
    {0x30, 0x31, ata_do_transfer, false, false, true},      /* WRITE SECTORS */
    {0x34, 0x34, ata_do_transfer, true, false, true},       /* WRITE SECTORS EXT */
    {0x39, 0x39, ata_do_transfer, true, true, true},        /* WRITE MULTIPLE EXT */
    {0x40, 0x41, ata_do_verify, false, false, false},       /* READ VERIFY SECTORS */
    {0x42, 0x42, ata_do_verify, true, false, false},        /* READ VERIFY SECTORS EXT */
    {0x70, 0x7f, ata_do_nothing, false, false, false},      /* SEEK */
    {0x90, 0x90, ata_do_diagnostic, false, false, false},   /* EXECUTE DEVICE DIAGNOSTIC */
    {0x91, 0x91, ata_do_set_geometry, false, false, false}, /* INITIALIZE DEVICE PARAMETERS */
    {0xc4, 0xc4, ata_do_transfer, false, true, false},      /* READ MULTIPLE */
    {0xc5, 0xc5, ata_do_transfer, false, true, true},       /* WRITE MULTIPLE */
    {0xc6, 0xc6, ata_do_set_multiple, false, false, false}, /* SET MULTIPLE MODE */
    {0xe0, 0xe3, ata_do_nothing, false, false, false},      /* STANDBY IMMEDIATE, IDLE IMMEDIATE, STANDBY, IDLE */
    {0xe5, 0xe5, ata_do_check_power, false, false, false},  /* CHECK POWER MODE */
    {0xe6, 0xe7, ata_do_nothing, false, false, false},      /* SLEEP, FLUSH CACHE */
    {0xea, 0xea, ata_do_nothing, false, false, false},      /* FLUSH CACHE EXT */
    {0xec, 0xec, ata_do_identify, false, false, false},     /* IDENTIFY DEVICE */
    {0xef, 0xef, ata_do_set_features, false, false, false}, /* SET FEATURES */
};

void ata_command(struct ata *ata, const struct ata_image *image, uint8_t command)
{
    /* Of all commands only EXECUTE DEVICE DIAGNOSTIC is addressed to both devices. */
    if (ata->device & ATA_DEVICE_SECOND && command != 0x90)
        return;
    ata->interrupt = false;
    ata->error = 0;
    ata->at = ata->length = ata->remaining = 0;
    for (unsigned i = 0; i < sizeof ata_rows / sizeof ata_rows[0]; i++) {
        if (command >= ata_rows[i].first && command <= ata_rows[i].last) {
            ata_rows[i].handler(ata, image, &ata_rows[i]);
            return;
        }
    }
    ata_fail(ata, ATA_ERROR_ABORTED);
}

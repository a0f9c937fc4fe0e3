/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The primary ATA channel with one disk (ATA/ATAPI-6, T13/1410D): PIO only, 28- and 48-bit addresses and CHS, over an
 * image in memory that is passed in. Nothing takes time: a command is done when it is written, or waits for its data.
 */
#ifndef IO_EMULATED_ATA_H
#define IO_EMULATED_ATA_H

#include <stdbool.h>
#include <stdint.h>

#define ATA_SECTOR_BYTES 512
#define ATA_MULTIPLE_MAX 16

struct ata_image {
    uint8_t *bytes;
    uint64_t sectors;
};

struct ata {
    /* Task file; [1] is what was written before, for 48-bit commands. */
    uint8_t features[2], count[2], lba_low[2], lba_mid[2], lba_high[2];
    uint8_t device, status, error, control;
    bool interrupt; /* INTRQ before nIEN */
    bool is_writing;
    bool is_extended;                 /* the command in progress has a 48-bit address */
    uint8_t multiple;                 /* sectors a block of the MULTIPLE commands; 0 = not set */
    uint8_t heads, sectors_per_track; /* current translation */
    uint32_t block;                   /* sectors a DRQ block of the command in progress */
    uint32_t remaining;               /* sectors from `lba` on */
    uint64_t lba;
    uint32_t at, length; /* bytes of `buffer` moved and to be moved */
    uint8_t buffer[ATA_MULTIPLE_MAX * ATA_SECTOR_BYTES];
};

/* State after power-on: the signature in the registers. */
void ata_reset(struct ata *ata);

/* Command block, offsets 1-7 (ports 0x1f1-0x1f7), and control block: port 0x3f6. */
uint8_t ata_read(struct ata *ata, unsigned offset);
void ata_write(struct ata *ata, const struct ata_image *image, unsigned offset, uint8_t value);
uint8_t ata_alternate_status(const struct ata *ata);
void ata_write_control(struct ata *ata, uint8_t value);

/* The data register, 16 or 32 bits wide. */
uint32_t ata_read_data(struct ata *ata, const struct ata_image *image, unsigned bytes);
void ata_write_data(struct ata *ata, const struct ata_image *image, unsigned bytes, uint32_t value);

/* The same for `bytes` bytes at once, an even number: a string instruction at the data register. */
void ata_read_string(struct ata *ata, const struct ata_image *image, uint8_t *to, uint64_t bytes);
void ata_write_string(struct ata *ata, const struct ata_image *image, const uint8_t *from, uint64_t bytes);

/* The level of the interrupt line. */
bool ata_interrupt(const struct ata *ata);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the ATA disk: register bits, and the commands behind the task file.
 */
#ifndef IO_EMULATED_ATA_COMMAND_H
#define IO_EMULATED_ATA_COMMAND_H

#include "io/emulated/ata.h"

#define ATA_STATUS_BUSY  0x80
#define ATA_STATUS_READY 0x40
#define ATA_STATUS_SEEK  0x10 /* seek complete; obsolete, and looked for */
#define ATA_STATUS_DATA  0x08
#define ATA_STATUS_ERROR 0x01
#define ATA_STATUS_IDLE  (ATA_STATUS_READY | ATA_STATUS_SEEK)

#define ATA_ERROR_NOT_FOUND 0x10
#define ATA_ERROR_ABORTED   0x04

#define ATA_DEVICE_LBA    0x40
#define ATA_DEVICE_SECOND 0x10

#define ATA_CONTROL_HIGH_ORDER 0x80
#define ATA_CONTROL_RESET      0x04
#define ATA_CONTROL_NO_IRQ     0x02

/* Carries out a command byte. */
void ata_command(struct ata *ata, const struct ata_image *image, uint8_t command);

/* The host has moved the whole of the buffer. */
void ata_command_continue(struct ata *ata, const struct ata_image *image);

/* Fills 512 bytes with the answer to IDENTIFY DEVICE. */
void ata_identify(const struct ata *ata, uint64_t sectors, uint8_t *buffer);

/* The registers after a reset or EXECUTE DEVICE DIAGNOSTIC. */
void ata_set_signature(struct ata *ata);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ATA disk on the primary channel, by programmed I/O: /dev/hda.
 */
#ifndef DRIVERS_ATA_H
#define DRIVERS_ATA_H

#include <stdint.h>

/* Looks for the disk and registers it. 0, -ENODEV when there is none (which is no failure), or -errno. */
int ata_start(void);

/* Its sectors, 0 without a disk; the model's name as the disk says it. */
uint64_t ata_sectors(void);
const char *ata_model(void);

#endif

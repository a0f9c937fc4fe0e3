/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The partitions of block devices, which are devices themselves.
 */
#ifndef DRIVERS_BLOCK_PARTITION_H
#define DRIVERS_BLOCK_PARTITION_H

#include "drivers/block.h"

/* Reads the device's table, and makes of its partitions what that says: 0, -EINVAL: it has none, -EBUSY: one is in
 * use, -ENOMEM, or what reading said. May sleep. */
int block_partition_scan(struct block_device *whole);

/* The same for all disks that are there at boot; what fails is logged. */
void block_partition_start(void);

/* ioctl BLKPG: adds, removes or resizes one, without a table. */
long block_partition_change(struct block_device *whole, uint64_t user_argument);

/* Takes all away: 0 or -EBUSY. Does not sleep. */
int block_partition_forget(struct block_device *whole);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes between user memory and a block device.
 */
#ifndef DRIVERS_BLOCK_TRANSFER_H
#define DRIVERS_BLOCK_TRANSFER_H

#include "drivers/block.h"

/* From *position on, which moves along, and to the device's end at most: bytes, or -errno when there was none. May
 * sleep. */
long block_transfer_read(struct block_device *device, uint64_t user, size_t bytes, uint64_t *position);
long block_transfer_write(struct block_device *device, uint64_t user, size_t bytes, uint64_t *position);

#endif

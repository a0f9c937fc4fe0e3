/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor's disks, by virtqueue: /dev/hda and /dev/hdb, as they are called on a machine with ATA.
 */
#ifndef DRIVERS_QUEUE_BLOCK_H
#define DRIVERS_QUEUE_BLOCK_H

void queue_block_start(void);

#endif

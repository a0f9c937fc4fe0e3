/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The GUID partition table.
 */
#ifndef DRIVERS_PARTITION_GUID_H
#define DRIVERS_PARTITION_GUID_H

#include "drivers/partition.h"

/* Fills in what the first of its two copies that is whole says; nothing when none is. 0, or what `read` said. */
int partition_guid_read(struct partition_table *table);

/* The checksum of UEFI (that of Ethernet): of some bytes, going on from that of those before them, or 0. */
uint32_t partition_guid_checksum(uint32_t before, const uint8_t *bytes, uint64_t count);

#endif

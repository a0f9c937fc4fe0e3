/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Partition tables: what a disk says of its parts, by the table of the PC's boot record (with a chain of logical ones)
 * or by the GUID partition table of UEFI. The disk is foreign bytes, and comes in by a function.
 */
#ifndef DRIVERS_PARTITION_H
#define DRIVERS_PARTITION_H

#include <stdbool.h>
#include <stdint.h>

#define PARTITION_LIMIT        63u
#define PARTITION_SECTOR_BYTES 512u

struct partition {
    uint32_t number; /* 1 to PARTITION_LIMIT, growing */
    uint64_t start, sectors;
};

struct partition_table {
    /* IN */
    int (*read)(void *context, uint64_t sector, void *bytes); /* one sector below `sectors`: 0 or -errno */
    void *context;
    uint64_t sectors;

    unsigned count; /* OUT, of `found`, each within the disk and not empty */
    struct partition found[PARTITION_LIMIT];

    uint8_t bytes[PARTITION_SECTOR_BYTES] __attribute__((aligned(8))); /* the sector that is looked at */
};

/* Fills in what was found: 0 (also when there is no table, or a broken one), or what `read` said. */
int partition_read(struct partition_table *table);

/* For partition_guid.c: puts a partition at the end, cut to the disk; what is beyond it, or one too many, is left out.
 */
void partition_add(struct partition_table *table, uint32_t number, uint64_t start, uint64_t sectors);

/* Fetches a sector into `bytes`: 0, -ENXIO when the disk has no such one, or what `read` said. */
int partition_fetch(struct partition_table *table, uint64_t sector);

static inline uint16_t partition_word(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}
static inline uint32_t partition_long(const uint8_t *bytes)
{
    return partition_word(bytes) | (uint32_t)partition_word(bytes + 2) << 16;
}
static inline uint64_t partition_quad(const uint8_t *bytes)
{
    return partition_long(bytes) | (uint64_t)partition_long(bytes + 4) << 32;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the readers of partition tables: whatever is on the disk, they end, ask for nothing beyond it, and name only
 * partitions within it, each number in its range. A bit of the first byte makes the checksums of a GUID table right.
 * clang -fsanitize=fuzzer,address,undefined -Ihv-core/include -Iguest-coop
 * tests/fuzz/fuzz_partition.c guest-coop/drivers/partition*.c
 */
#include "drivers/partition_guid.h"

#include <stdlib.h>
#include <string.h>

#define SECTORS 64u
#define READS   (PARTITION_LIMIT * 100u + 2000u)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct disk {
    uint8_t bytes[SECTORS * PARTITION_SECTOR_BYTES];
    unsigned reads;
};

static int disk_read(void *context, uint64_t sector, void *bytes)
{
    struct disk *disk = context;
    if (sector >= SECTORS || ++disk->reads > READS)
        abort();
    memcpy(bytes, disk->bytes + sector * PARTITION_SECTOR_BYTES, PARTITION_SECTOR_BYTES);
    return 0;
}

static void put_long(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* As far as the entries that the header tells of are on the disk. */
static void mend(struct disk *disk)
{
    uint8_t *header = disk->bytes + PARTITION_SECTOR_BYTES;
    uint64_t at = partition_quad(header + 72), count = partition_long(header + 80);
    uint32_t bytes = partition_long(header + 12);
    memcpy(disk->bytes + 510, "\x55\xaa", 2);
    if (at < SECTORS && count <= (SECTORS - at) * PARTITION_SECTOR_BYTES / 128)
        put_long(header + 88, partition_guid_checksum(0, disk->bytes + at * PARTITION_SECTOR_BYTES, count * 128));
    put_long(header + 16, 0);
    if (bytes <= PARTITION_SECTOR_BYTES)
        put_long(header + 16, partition_guid_checksum(0, header, bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct disk disk;
    static struct partition_table table;

    if (size == 0)
        return 0;
    memset(&disk, 0, sizeof(disk));
    memcpy(disk.bytes, data + 1, size - 1 < sizeof(disk.bytes) ? size - 1 : sizeof(disk.bytes));
    if (data[0] & 1)
        mend(&disk);
    table = (struct partition_table){.read = disk_read, .context = &disk, .sectors = SECTORS - (data[0] >> 2)};
    if (partition_read(&table) || table.count > PARTITION_LIMIT)
        abort();
    for (unsigned i = 0; i < table.count; i++) {
        const struct partition *found = &table.found[i];
        if (!found->number || found->number > PARTITION_LIMIT || !found->sectors || found->start >= table.sectors ||
            found->sectors > table.sectors - found->start || (i && found->number <= found[-1].number))
            abort();
    }
    return 0;
}

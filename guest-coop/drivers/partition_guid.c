/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UEFI Specification, "GUID Partition Table (GPT) Disk Layout": a header in the second sector and another in the last
 * one, each with the place and checksum of an array of entries. A header that fails any check is as good as none.
 */
#include "drivers/partition_guid.h"

#include "kernel/errno.h"
#include <coopvirt/string.h>

#define PARTITION_GUID_MAGIC       0x5452415020494645ull /* "EFI PART" */
#define PARTITION_GUID_HEADER      92u                   /* its least bytes */
#define PARTITION_GUID_ENTRY       128u
#define PARTITION_GUID_MOST        1024u /* entries that are looked through */
#define PARTITION_GUID_POLYNOMIAL  0xedb88320u
#define PARTITION_GUID_CHECKSUM_AT 16u

struct partition_guid_header {
    uint64_t magic, self, first_usable, last_usable, entries_at;
    uint32_t bytes, checksum, entries, entry_bytes, entries_checksum;
};

uint32_t partition_guid_checksum(uint32_t before, const uint8_t *bytes, uint64_t count)
{
    uint32_t sum = ~before;
    for (uint64_t i = 0; i < count; i++) {
        sum ^= bytes[i];
        for (unsigned bit = 0; bit < 8; bit++)
            sum = sum >> 1 ^ (sum & 1 ? PARTITION_GUID_POLYNOMIAL : 0);
    }
    return ~sum;
}

static struct partition_guid_header partition_guid_header(const uint8_t *at)
{
    return (struct partition_guid_header){
        .magic = partition_quad(at),
        .bytes = partition_long(at + 12),
        .checksum = partition_long(at + PARTITION_GUID_CHECKSUM_AT),
        .self = partition_quad(at + 24),
        .first_usable = partition_quad(at + 40),
        .last_usable = partition_quad(at + 48),
        .entries_at = partition_quad(at + 72),
        .entries = partition_long(at + 80),
        .entry_bytes = partition_long(at + 84),
        .entries_checksum = partition_long(at + 88),
    };
}

/* Is the sector in `bytes` a header that belongs there? Its own checksum counts as zero in it. */
static bool partition_guid_is_header(struct partition_table *table, const struct partition_guid_header *header,
                                     uint64_t sector)
{
    if (header->magic != PARTITION_GUID_MAGIC || header->bytes < PARTITION_GUID_HEADER ||
        header->bytes > PARTITION_SECTOR_BYTES || header->self != sector)
        return false;
    memset(table->bytes + PARTITION_GUID_CHECKSUM_AT, 0, 4);
    return partition_guid_checksum(0, table->bytes, header->bytes) == header->checksum &&
           header->last_usable < table->sectors && header->first_usable <= header->last_usable &&
           header->entry_bytes == PARTITION_GUID_ENTRY && header->entries && header->entries <= PARTITION_GUID_MOST;
}

static void partition_guid_add(struct partition_table *table, uint32_t number, const uint8_t *entry)
{
    static const uint8_t unused[16];
    uint64_t first = partition_quad(entry + 32), last = partition_quad(entry + 40);
    if (memcmp(entry, unused, sizeof(unused)) && first <= last && last < table->sectors)
        partition_add(table, number, first, last - first + 1);
}

/* What an intact array names; *whole: it is intact. */
static int partition_guid_entries(struct partition_table *table, const struct partition_guid_header *header,
                                  bool *whole)
{
    uint32_t left = header->entries, number = 1, sum = 0;
    int status = 0;

    for (uint64_t sector = header->entries_at; left && status == 0; sector++) {
        uint32_t here = PARTITION_SECTOR_BYTES / PARTITION_GUID_ENTRY;
        here = here < left ? here : left;
        status = partition_fetch(table, sector);
        if (status)
            break;
        sum = partition_guid_checksum(sum, table->bytes, (uint64_t)here * PARTITION_GUID_ENTRY);
        for (uint32_t i = 0; i < here; i++)
            partition_guid_add(table, number++, table->bytes + i * PARTITION_GUID_ENTRY);
        left -= here;
    }
    *whole = status == 0 && sum == header->entries_checksum;
    return status == -ENXIO ? 0 : status;
}

static int partition_guid_read_at(struct partition_table *table, uint64_t sector, bool *whole)
{
    *whole = false;
    int status = partition_fetch(table, sector);
    if (status)
        return status == -ENXIO ? 0 : status;
    struct partition_guid_header header = partition_guid_header(table->bytes);
    if (partition_guid_is_header(table, &header, sector))
        status = partition_guid_entries(table, &header, whole);
    if (!*whole)
        table->count = 0;
    return status;
}

int partition_guid_read(struct partition_table *table)
{
    bool whole;
    int status = partition_guid_read_at(table, 1, &whole);
    return status || whole ? status : partition_guid_read_at(table, table->sectors - 1, &whole);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot record's table: four entries at 446 (status, start as cylinder/head/sector, type, end, first sector,
 * sectors), then 55 AA. One entry may be an extended partition: a chain of such sectors, each with one logical
 * partition relative to itself and the next sector of the chain relative to the first one. Numbers are as Linux gives
 * them.
 */
#include "drivers/partition.h"

#include "drivers/partition_guid.h"
#include "kernel/errno.h"

#define PARTITION_ENTRIES         4u
#define PARTITION_ENTRIES_AT      446u
#define PARTITION_ENTRY_BYTES     16u
#define PARTITION_STATUS_AT       0u
#define PARTITION_TYPE_AT         4u
#define PARTITION_START_AT        8u
#define PARTITION_SECTORS_AT      12u
#define PARTITION_MAGIC_AT        510u
#define PARTITION_MAGIC           0xaa55u
#define PARTITION_ACTIVE          0x80u
#define PARTITION_FIRST_LOGICAL   5u
#define PARTITION_CHAIN_LIMIT     100u /* links without a partition in them: it is a loop */
#define PARTITION_EXTENDED_SHOWN  2u   /* sectors of an extended partition that are a device: those a loader sits in */
#define PARTITION_TYPE_PROTECTIVE 0xeeu

struct partition_entry {
    uint8_t status, type;
    uint32_t start, sectors;
};

static struct partition_entry partition_entry(const struct partition_table *table, unsigned index)
{
    const uint8_t *at = table->bytes + PARTITION_ENTRIES_AT + index * PARTITION_ENTRY_BYTES;
    return (struct partition_entry){at[PARTITION_STATUS_AT], at[PARTITION_TYPE_AT],
                                    partition_long(at + PARTITION_START_AT), partition_long(at + PARTITION_SECTORS_AT)};
}

static bool partition_is_extended(const struct partition_entry *entry)
{
    return entry->sectors && (entry->type == 0x05 || entry->type == 0x0f || entry->type == 0x85);
}

static bool partition_has_magic(const struct partition_table *table)
{
    return partition_word(table->bytes + PARTITION_MAGIC_AT) == PARTITION_MAGIC;
}

int partition_fetch(struct partition_table *table, uint64_t sector)
{
    return sector < table->sectors ? table->read(table->context, sector, table->bytes) : -ENXIO;
}

void partition_add(struct partition_table *table, uint32_t number, uint64_t start, uint64_t sectors)
{
    if (start >= table->sectors || sectors == 0 || number > PARTITION_LIMIT || table->count == PARTITION_LIMIT)
        return;
    if (sectors > table->sectors - start)
        sectors = table->sectors - start;
    table->found[table->count++] = (struct partition){number, start, sectors};
}

/* The partitions that one sector of the chain names: the first two entries are believed, others only within the
 * extended partition. */
static uint32_t partition_add_logical(struct partition_table *table, const struct partition *extended, uint64_t link,
                                      uint64_t link_sectors, uint32_t number)
{
    for (unsigned i = 0; i < PARTITION_ENTRIES; i++) {
        struct partition_entry entry = partition_entry(table, i);
        uint64_t start = link + entry.start;
        if (!entry.sectors || partition_is_extended(&entry))
            continue;
        if (i >= 2 && ((uint64_t)entry.start + entry.sectors > link_sectors ||
                       start + entry.sectors > extended->start + extended->sectors))
            continue;
        partition_add(table, number++, start, entry.sectors);
    }
    return number;
}

/* Follows the chain; what is beyond the disk ends it. */
static int partition_read_chain(struct partition_table *table, const struct partition *extended, uint32_t *number)
{
    uint64_t link = extended->start, link_sectors = extended->sectors;

    for (unsigned barren = 0; barren < PARTITION_CHAIN_LIMIT && *number <= PARTITION_LIMIT; barren++) {
        int status = partition_fetch(table, link);
        if (status || !partition_has_magic(table))
            return status == -ENXIO ? 0 : status;
        uint32_t next = partition_add_logical(table, extended, link, link_sectors, *number);
        if (next != *number)
            barren = 0;
        *number = next;

        struct partition_entry entry;
        unsigned i = 0;
        while (i < PARTITION_ENTRIES && (entry = partition_entry(table, i), !partition_is_extended(&entry)))
            i++;
        if (i == PARTITION_ENTRIES)
            return 0;
        link = extended->start + entry.start;
        link_sectors = entry.sectors;
    }
    return 0;
}

/* Is it a boot record that has a table, not a file system's first sector that ends alike? */
static bool partition_has_table(const struct partition_table *table)
{
    for (unsigned i = 0; i < PARTITION_ENTRIES; i++)
        if (partition_entry(table, i).status & ~PARTITION_ACTIVE)
            return false;
    return partition_has_magic(table);
}

static int partition_read_entries(struct partition_table *table)
{
    struct partition_entry entries[PARTITION_ENTRIES];
    uint32_t number = PARTITION_FIRST_LOGICAL;
    int status = 0;

    for (unsigned i = 0; i < PARTITION_ENTRIES; i++) {
        entries[i] = partition_entry(table, i);
        uint32_t sectors = entries[i].sectors;
        if (partition_is_extended(&entries[i]) && sectors > PARTITION_EXTENDED_SHOWN)
            sectors = PARTITION_EXTENDED_SHOWN;
        partition_add(table, i + 1, entries[i].start, sectors);
    }
    for (unsigned i = 0; i < PARTITION_ENTRIES && status == 0; i++) {
        const struct partition extended = {0, entries[i].start, entries[i].sectors};
        if (partition_is_extended(&entries[i]))
            status = partition_read_chain(table, &extended, &number);
    }
    return status;
}

int partition_read(struct partition_table *table)
{
    table->count = 0;
    int status = partition_fetch(table, 0);
    if (status)
        return status == -ENXIO ? 0 : status;
    if (!partition_has_table(table))
        return 0;
    for (unsigned i = 0; i < PARTITION_ENTRIES; i++)
        if (partition_entry(table, i).type == PARTITION_TYPE_PROTECTIVE)
            return partition_guid_read(table);
    return partition_read_entries(table);
}

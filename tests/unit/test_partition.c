/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Partition tables: what a good one says, and that of a broken one nothing is believed.
 */
#include "drivers/partition_guid.h"
#include "suite.h"

#include <errno.h>
#include <string.h>

#define SECTORS 1000u

static uint8_t disk[SECTORS][PARTITION_SECTOR_BYTES];
static uint64_t failing; /* the sector that cannot be read */
static unsigned reads;

static int disk_read(void *context, uint64_t sector, void *bytes)
{
    (void)context;
    ck_assert_uint_lt(sector, SECTORS);
    ck_assert_uint_lt(reads++, 10000);
    memcpy(bytes, disk[sector], PARTITION_SECTOR_BYTES);
    return sector == failing ? -EIO : 0;
}

static struct partition_table table;

static int look(void)
{
    table = (struct partition_table){.read = disk_read, .sectors = SECTORS};
    reads = 0;
    return partition_read(&table);
}

static void fresh(void)
{
    memset(disk, 0, sizeof(disk));
    failing = SECTORS;
}

static void put(uint8_t *at, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static void put_entry(unsigned sector, unsigned index, uint8_t type, uint32_t start, uint32_t sectors)
{
    uint8_t *at = disk[sector] + 446 + index * 16;
    at[4] = type;
    put(at + 8, start, 4);
    put(at + 12, sectors, 4);
    put(disk[sector] + 510, 0xaa55, 2);
}

static void expect(unsigned index, uint32_t number, uint64_t start, uint64_t sectors)
{
    ck_assert_uint_lt(index, table.count);
    ck_assert_uint_eq(table.found[index].number, number);
    ck_assert_uint_eq(table.found[index].start, start);
    ck_assert_uint_eq(table.found[index].sectors, sectors);
}

START_TEST(no_table)
{
    fresh();
    ck_assert_int_eq(look(), 0);
    ck_assert_uint_eq(table.count, 0);
    put_entry(0, 0, 0x83, 1, 9);
    disk[0][446] = 0x12; /* neither active nor not: something else's sector */
    ck_assert_int_eq(look(), 0);
    ck_assert_uint_eq(table.count, 0);
    failing = 0;
    ck_assert_int_eq(look(), -EIO);
    table = (struct partition_table){.read = disk_read, .sectors = 0};
    ck_assert_int_eq(partition_read(&table), 0);
}
END_TEST

START_TEST(primary)
{
    fresh();
    put_entry(0, 0, 0x83, 1, 99);
    put_entry(0, 2, 0x83, 990, 500); /* reaches beyond the disk */
    put_entry(0, 3, 0x83, 1000, 1);  /* is beyond it */
    disk[0][446] = 0x80;
    ck_assert_int_eq(look(), 0);
    ck_assert_uint_eq(table.count, 2);
    expect(0, 1, 1, 99);
    expect(1, 3, 990, 10);
}
END_TEST

START_TEST(logical)
{
    fresh();
    put_entry(0, 1, 0x05, 100, 800);
    put_entry(100, 0, 0x83, 1, 50);
    put_entry(100, 1, 0x05, 200, 100); /* relative to the first of the chain */
    put_entry(300, 0, 0x83, 2, 60);
    put_entry(300, 1, 0x0f, 400, 100);
    put_entry(500, 0, 0x83, 3, 70);
    put_entry(500, 2, 0x83, 1, 900); /* the third of four, and not within it */
    ck_assert_int_eq(look(), 0);
    ck_assert_uint_eq(table.count, 4);
    expect(0, 2, 100, 2);
    expect(1, 5, 101, 50);
    expect(2, 6, 302, 60);
    expect(3, 7, 503, 70);
    failing = 300;
    ck_assert_int_eq(look(), -EIO);
}
END_TEST

/* Rings of links end, with partitions in them and without; so does a link that leads off the disk. */
START_TEST(rings)
{
    fresh();
    put_entry(0, 0, 0x05, 100, 800);
    put_entry(100, 1, 0x05, 0, 100);
    ck_assert_int_eq(look(), 0);
    ck_assert_uint_eq(table.count, 1);
    put_entry(100, 0, 0x83, 1, 9);
    ck_assert_int_eq(look(), 0);
    ck_assert_uint_eq(table.count, 1 + PARTITION_LIMIT - 4);
    put_entry(100, 1, 0x05, 0xffffffff, 100);
    ck_assert_int_eq(look(), 0);
    ck_assert_uint_eq(table.count, 2);
}
END_TEST

static void put_header(unsigned sector, unsigned entries_at, unsigned entries)
{
    uint8_t *at = disk[sector];
    memset(at, 0, PARTITION_SECTOR_BYTES);
    memcpy(at, "EFI PART", 8);
    put(at + 12, 92, 4);
    put(at + 24, sector, 8);
    put(at + 40, 34, 8);
    put(at + 48, SECTORS - 34, 8);
    put(at + 72, entries_at, 8);
    put(at + 80, entries, 4);
    put(at + 84, 128, 4);
    put(at + 88, partition_guid_checksum(0, disk[entries_at], entries * 128), 4);
    put(at + 16, partition_guid_checksum(0, at, 92), 4);
}

static void put_guid(unsigned entries_at, unsigned index, uint64_t first, uint64_t last)
{
    uint8_t *at = disk[entries_at] + index * 128;
    at[3] = 7;
    put(at + 32, first, 8);
    put(at + 40, last, 8);
}

static void put_guid_table(void)
{
    fresh();
    put_entry(0, 0, 0xee, 1, SECTORS - 1);
    for (unsigned copy = 0; copy < 2; copy++) {
        unsigned at = copy ? SECTORS - 33 : 2;
        put_guid(at, 0, 40, 49);
        put_guid(at, 5, 100, 100);
        put_guid(at, 6, 100, 99);              /* ends before it begins */
        put_guid(at, 7, 100, SECTORS);         /* ends beyond the disk */
        put_guid(at, PARTITION_LIMIT, 60, 61); /* one too many */
        put_header(copy ? SECTORS - 1 : 1, at, 128);
    }
}

static void expect_guid_table(void)
{
    ck_assert_int_eq(look(), 0);
    ck_assert_uint_eq(table.count, 2);
    expect(0, 1, 40, 10);
    expect(1, 6, 100, 1);
}

START_TEST(guid)
{
    ck_assert_uint_eq(partition_guid_checksum(0, (const uint8_t *)"123456789", 9), 0xcbf43926);
    ck_assert_uint_eq(
        partition_guid_checksum(partition_guid_checksum(0, (const uint8_t *)"1234", 4), (const uint8_t *)"56789", 5),
        0xcbf43926);
    put_guid_table();
    expect_guid_table();
    disk[1][60] ^= 1; /* the second copy is whole */
    expect_guid_table();
    put_guid_table();
    disk[20][0] ^= 1; /* an entry that nobody uses, but which the checksum covers */
    expect_guid_table();
    disk[SECTORS - 33][40] ^= 1;
    ck_assert_int_eq(look(), 0);
    ck_assert_uint_eq(table.count, 0);
    put_guid_table();
    failing = 2;
    ck_assert_int_eq(look(), -EIO);
}
END_TEST

/* Headers that are whole, and say what cannot be. */
START_TEST(guid_contradictions)
{
    static const struct {
        unsigned at, bytes;
        uint64_t value;
    } wrongs[] = {{0, 1, 'e'},      {12, 4, 91},           {12, 4, 513},        {24, 8, 2},
                  {48, 8, SECTORS}, {40, 8, SECTORS - 33}, {72, 8, UINT64_MAX}, {72, 8, SECTORS},
                  {80, 4, 0},       {80, 4, 1025},         {84, 4, 256}};
    for (unsigned i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        put_guid_table();
        memset(disk[SECTORS - 1], 0, PARTITION_SECTOR_BYTES);
        put(disk[1] + wrongs[i].at, wrongs[i].value, wrongs[i].bytes);
        put(disk[1] + 16, 0, 4);
        uint32_t bytes = partition_long(disk[1] + 12);
        if (bytes <= PARTITION_SECTOR_BYTES)
            put(disk[1] + 16, partition_guid_checksum(0, disk[1], bytes), 4);
        ck_assert_int_eq(look(), 0);
        ck_assert_msg(table.count == 0, "case %u is believed", i);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {no_table, primary, logical, rings, guid, guid_contradictions};
    Suite *suite = suite_create("partition");
    TCase *cases = tcase_create("partition");

    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_test(cases, tests[i]);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}

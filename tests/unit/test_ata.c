/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ATA disk against the standard: IDENTIFY, reads and writes in every addressing and block size, the order of
 * interrupts, errors at the end of the disk, resets, the absent second device.
 */
#include "device_suite.h"
#include "io/emulated/ata.h"
#include <string.h>

#define SECTORS 2000u

static struct ata ata;
static uint8_t bytes[SECTORS * ATA_SECTOR_BYTES];
static struct ata_image image;
static uint8_t block[ATA_MULTIPLE_MAX * ATA_SECTOR_BYTES];

static void setup(void)
{
    image = (struct ata_image){bytes, SECTORS};
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i / ATA_SECTOR_BYTES * 31 + i);
    ata_reset(&ata);
}

static void put(unsigned offset, uint8_t value)
{
    ata_write(&ata, &image, offset, value);
}

static void command28(uint8_t command, uint32_t lba, unsigned count)
{
    put(6, 0xe0 | (lba >> 24 & 15));
    put(2, (uint8_t)count);
    put(3, (uint8_t)lba);
    put(4, (uint8_t)(lba >> 8));
    put(5, (uint8_t)(lba >> 16));
    put(7, command);
}

static void command48(uint8_t command, uint64_t lba, unsigned count)
{
    put(6, 0x40);
    put(2, (uint8_t)(count >> 8));
    put(3, (uint8_t)(lba >> 24));
    put(4, (uint8_t)(lba >> 32));
    put(5, (uint8_t)(lba >> 40));
    put(2, (uint8_t)count);
    put(3, (uint8_t)lba);
    put(4, (uint8_t)(lba >> 8));
    put(5, (uint8_t)(lba >> 16));
    put(7, command);
}

static bool take_interrupt(void)
{
    bool is_raised = ata_interrupt(&ata);
    ata_read(&ata, 7);
    ck_assert(!ata_interrupt(&ata));
    return is_raised;
}

static void read_block(unsigned sectors, unsigned width)
{
    for (unsigned i = 0; i < sectors * ATA_SECTOR_BYTES; i += width) {
        ck_assert_uint_eq(ata_alternate_status(&ata), 0x58);
        uint32_t value = ata_read_data(&ata, &image, width);
        memcpy(block + i, &value, width);
    }
}

static void write_block(unsigned sectors, unsigned width)
{
    for (unsigned i = 0; i < sectors * ATA_SECTOR_BYTES; i += width) {
        uint32_t value = 0;
        memcpy(&value, block + i, width);
        ck_assert_uint_eq(ata_alternate_status(&ata), 0x58);
        ata_write_data(&ata, &image, width, value);
    }
}

static unsigned word(unsigned index)
{
    return block[2 * index] | block[2 * index + 1] << 8;
}

START_TEST(test_signature)
{
    ck_assert_uint_eq(ata_read(&ata, 7), 0x50);
    ck_assert_uint_eq(ata_read(&ata, 1), 1);
    ck_assert_uint_eq(ata_read(&ata, 2), 1);
    ck_assert_uint_eq(ata_read(&ata, 3), 1);
    ck_assert_uint_eq(ata_read(&ata, 4), 0);
    ck_assert_uint_eq(ata_read(&ata, 5), 0);
    ck_assert(!ata_interrupt(&ata));
}
END_TEST

START_TEST(test_identify)
{
    put(6, 0xa0);
    put(7, 0xec);
    ck_assert(take_interrupt());
    read_block(1, 2);
    ck_assert_uint_eq(ata_read(&ata, 7), 0x50);
    ck_assert(!ata_interrupt(&ata));
    ck_assert_uint_eq(word(1), 1);
    ck_assert_uint_eq(word(60) | word(61) << 16, SECTORS);
    ck_assert_uint_eq(word(100) | word(101) << 16, SECTORS);
    ck_assert_uint_eq(word(47), 0x8010);
    ck_assert_uint_eq(word(49) & 0x0300, 0x0200); /* LBA, no DMA */
    ck_assert_uint_eq(word(83) & 0x7400, 0x7400);
    ck_assert_int_eq(block[54 + 1], 'C'); /* the first character is in the high byte */
    uint8_t sum = 0;
    for (unsigned i = 0; i < 512; i++)
        sum = (uint8_t)(sum + block[i]);
    ck_assert_uint_eq(sum, 0);
    ck_assert_uint_eq(word(255) & 0xff, 0xa5);
}
END_TEST

START_TEST(test_read_sectors)
{
    command28(0x20, 5, 3);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert(take_interrupt()); /* one for each sector */
        read_block(1, i % 2 ? 2 : 4);
        ck_assert_mem_eq(block, bytes + (5 + i) * 512, 512);
    }
    ck_assert(!ata_interrupt(&ata));
    ck_assert_uint_eq(ata_read(&ata, 7), 0x50);
    ck_assert_uint_eq(ata_read(&ata, 2), 0);
    ck_assert_uint_eq(ata_read_data(&ata, &image, 2), 0xffffffff); /* nothing left */
}
END_TEST

START_TEST(test_read_256_and_last_sector)
{
    command28(0x20, SECTORS - 256, 0);
    for (unsigned i = 0; i < 256; i++)
        read_block(1, 4);
    ck_assert_mem_eq(block, bytes + (SECTORS - 1) * 512, 512);
    ck_assert_uint_eq(ata_read(&ata, 7), 0x50);
}
END_TEST

START_TEST(test_read_extended)
{
    command48(0x24, 1000, 300);
    for (unsigned i = 0; i < 300; i++)
        read_block(1, 4);
    ck_assert_mem_eq(block, bytes + 1299 * 512, 512);
    ck_assert_uint_eq(ata_read(&ata, 7), 0x50);
    command48(0x24, 1ull << 40, 1);
    ck_assert_uint_eq(ata_read(&ata, 7), 0x51);
    ck_assert_uint_eq(ata_read(&ata, 1), 0x10);
    ata_write_control(&ata, 0x80); /* the high order bytes */
    ck_assert_uint_eq(ata_read(&ata, 4), 1u << (40 - 32) & 0xff);
    ck_assert_uint_eq(ata_read(&ata, 5), 1);
    put(2, 0); /* a write goes back to the low order */
    ck_assert_uint_eq(ata_read(&ata, 5), 0);
}
END_TEST

START_TEST(test_write_sectors)
{
    for (unsigned i = 0; i < sizeof block; i++)
        block[i] = (uint8_t)(i * 7 + 1);
    command28(0x30, 9, 2);
    ck_assert(!ata_interrupt(&ata)); /* not before the first block */
    write_block(1, 2);
    ck_assert(take_interrupt());
    write_block(1, 4);
    ck_assert(take_interrupt());
    ck_assert_uint_eq(ata_read(&ata, 7), 0x50);
    ck_assert_mem_eq(bytes + 9 * 512, block, 512);
    ck_assert_mem_eq(bytes + 10 * 512, block, 512);
    ck_assert_uint_eq(bytes[11 * 512], (uint8_t)(11 * 31));
    put(7, 0xe7);
    ck_assert(take_interrupt());
}
END_TEST

START_TEST(test_multiple)
{
    command28(0xc4, 0, 1);
    ck_assert_uint_eq(ata_read(&ata, 1), 0x04); /* not set */
    put(2, 3);
    put(7, 0xc6);
    ck_assert_uint_eq(ata_read(&ata, 1), 0x04); /* no power of two */
    put(2, 32);
    put(7, 0xc6);
    ck_assert_uint_eq(ata_read(&ata, 1), 0x04);
    put(2, 8);
    put(7, 0xc6);
    ck_assert_uint_eq(ata_read(&ata, 7), 0x50);
    command28(0xc4, 100, 20);
    static const unsigned blocks[] = {8, 8, 4};
    for (unsigned i = 0, at = 100; i < 3; at += blocks[i++]) {
        ck_assert(take_interrupt());
        read_block(blocks[i], 4);
        ck_assert_mem_eq(block, bytes + at * 512, blocks[i] * 512);
    }
    ck_assert_uint_eq(ata_read(&ata, 7), 0x50);
    command48(0x39, 200, 9);
    memset(block, 0x77, sizeof block);
    write_block(8, 2);
    ck_assert(take_interrupt());
    write_block(1, 2);
    ck_assert(take_interrupt());
    ck_assert_mem_eq(bytes + 208 * 512, block, 512);
    ck_assert_uint_ne(bytes[209 * 512], 0x77);
    put(7, 0xec);
    read_block(1, 2);
    ck_assert_uint_eq(word(59), 0x0108);
}
END_TEST

START_TEST(test_beyond_the_end)
{
    command28(0x20, SECTORS, 1);
    ck_assert(take_interrupt());
    ck_assert_uint_eq(ata_read(&ata, 7), 0x51);
    ck_assert_uint_eq(ata_read(&ata, 1), 0x10);
    command28(0x30, SECTORS - 1, 2);
    memset(block, 0x11, sizeof block);
    write_block(1, 4); /* the last sector is written, the next is not there */
    ck_assert(take_interrupt());
    ck_assert_uint_eq(ata_read(&ata, 7), 0x51);
    ck_assert_uint_eq(ata_read(&ata, 1), 0x10);
    ck_assert_uint_eq(ata_read(&ata, 3) | ata_read(&ata, 4) << 8, SECTORS);
    ck_assert_uint_eq(bytes[(SECTORS - 1) * 512], 0x11);
    command28(0x40, SECTORS - 1, 2);
    ck_assert_uint_eq(ata_read(&ata, 7), 0x51);
    command28(0x40, SECTORS - 1, 1);
    ck_assert_uint_eq(ata_read(&ata, 7), 0x50);
}
END_TEST

START_TEST(test_cylinders_heads_sectors)
{
    put(6, 0xa0 | 2); /* cylinder 1, head 2, sector 3 of 16 heads, 63 sectors */
    put(2, 1);
    put(3, 3);
    put(4, 1);
    put(5, 0);
    put(7, 0x20);
    read_block(1, 2);
    ck_assert_mem_eq(block, bytes + ((1 * 16 + 2) * 63 + 2) * 512, 512);
    put(2, 17); /* another translation: 4 heads, 17 sectors */
    put(6, 0xa0 | 3);
    put(7, 0x91);
    ck_assert_uint_eq(ata_read(&ata, 7), 0x50);
    put(2, 1);
    put(6, 0xa0 | 2);
    put(3, 17);
    put(4, 5);
    put(7, 0x20);
    read_block(1, 2);
    ck_assert_mem_eq(block, bytes + ((5 * 4 + 2) * 17 + 16) * 512, 512);
    put(2, 1);
    put(3, 18);
    put(7, 0x20);
    ck_assert_uint_eq(ata_read(&ata, 1), 0x10);
    put(2, 1);
    put(3, 0);
    put(7, 0x20);
    ck_assert_uint_eq(ata_read(&ata, 1), 0x10);
}
END_TEST

START_TEST(test_interrupt_disable)
{
    ata_write_control(&ata, 0x02);
    put(7, 0xe7);
    ck_assert(!ata_interrupt(&ata));
    ata_write_control(&ata, 0x00);
    ck_assert(ata_interrupt(&ata));
    ata_alternate_status(&ata);
    ck_assert(ata_interrupt(&ata)); /* the alternate status does not acknowledge */
    ck_assert(take_interrupt());
}
END_TEST

START_TEST(test_reset_and_diagnostic)
{
    command28(0x20, 5, 3);
    ata_write_control(&ata, 0x04);
    ck_assert_uint_eq(ata_alternate_status(&ata), 0x80);
    put(7, 0xec); /* not heard */
    ata_write_control(&ata, 0x00);
    ck_assert_uint_eq(ata_alternate_status(&ata), 0x50);
    ck_assert_uint_eq(ata_read(&ata, 1), 1);
    ck_assert_uint_eq(ata_read(&ata, 2), 1);
    ck_assert(!ata_interrupt(&ata));
    put(6, 0xb0); /* both devices hear this one */
    put(7, 0x90);
    ck_assert(take_interrupt());
    ck_assert_uint_eq(ata_read(&ata, 6) & 0x10, 0);
    ck_assert_uint_eq(ata_read(&ata, 1), 1);
}
END_TEST

START_TEST(test_absent_device)
{
    put(6, 0xb0);
    ck_assert_uint_eq(ata_read(&ata, 7), 0);
    put(7, 0xec);
    ck_assert_uint_eq(ata_read(&ata, 7), 0);
    ck_assert(!ata_interrupt(&ata));
    ck_assert_uint_eq(ata_read_data(&ata, &image, 2), 0xffffffff);
    put(6, 0xa0);
    ck_assert_uint_eq(ata_read(&ata, 7), 0x50);
}
END_TEST

START_TEST(test_refused_and_accepted)
{
    static const uint8_t refused[] = {0x00, 0x08, 0xa0, 0xa1, 0xc8, 0xca, 0x25, 0x35, 0xf1, 0xff};
    for (unsigned i = 0; i < sizeof refused; i++) {
        put(7, refused[i]);
        ck_assert_uint_eq(ata_read(&ata, 7), 0x51);
        ck_assert_uint_eq(ata_read(&ata, 1), 0x04);
    }
    static const uint8_t accepted[] = {0x10, 0x70, 0xe0, 0xe1, 0xe2, 0xe3, 0xe7, 0xea};
    for (unsigned i = 0; i < sizeof accepted; i++) {
        put(7, accepted[i]);
        ck_assert_uint_eq(ata_read(&ata, 7), 0x50);
        ck_assert_uint_eq(ata_read(&ata, 1), 0x00);
    }
    put(1, 0x03);
    put(2, 0x0c); /* PIO mode 4 */
    put(7, 0xef);
    ck_assert_uint_eq(ata_read(&ata, 7), 0x50);
    put(2, 0x45); /* Ultra DMA */
    put(7, 0xef);
    ck_assert_uint_eq(ata_read(&ata, 1), 0x04);
    put(7, 0xe5);
    ck_assert_uint_eq(ata_read(&ata, 2), 0xff);
}
END_TEST

DEVICE_SUITE("ata", setup, test_signature, test_identify, test_read_sectors, test_read_256_and_last_sector,
             test_read_extended, test_write_sectors, test_multiple, test_beyond_the_end, test_cylinders_heads_sectors,
             test_interrupt_disable, test_reset_and_diagnostic, test_absent_device, test_refused_and_accepted)

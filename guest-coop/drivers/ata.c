/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ATA by programmed I/O, after ATA/ATAPI-6: "PIO data-in command protocol", "PIO data-out command protocol",
 * "Non-data command protocol". The caller sleeps until the channel's interrupt says that a block can be moved, so
 * that waiting for the disk is idle time; only the search at boot polls.
 */
#include "drivers/ata.h"

#include "drivers/block.h"
#include "drivers/irq.h"
#include "fs/linux_abi.h"
#include "kernel/errno.h"
#include "kernel/wait.h"
#include "pv/pv.h"

/* ATA/ATAPI-6, "Command Block registers" and "Control Block registers", at the primary channel's PC addresses. */
#define ATA_DATA         0x1f0
#define ATA_SECTOR_COUNT 0x1f2
#define ATA_LBA_LOW      0x1f3
#define ATA_LBA_MID      0x1f4
#define ATA_LBA_HIGH     0x1f5
#define ATA_DEVICE       0x1f6
#define ATA_STATUS       0x1f7 /* read; it also takes back the interrupt */
#define ATA_COMMAND      0x1f7 /* write */
#define ATA_ALTERNATE    0x3f6 /* read: the status without a side effect */
#define ATA_CONTROL      0x3f6 /* write */

/* Status register */
#define ATA_ERROR        0x01u
#define ATA_DATA_REQUEST 0x08u
#define ATA_DEVICE_FAULT 0x20u
#define ATA_BUSY         0x80u

#define ATA_CONTROL_NO_INTERRUPT 0x02u /* nIEN */

#define ATA_DEVICE_0   0xa0u /* the bits that old devices want set */
#define ATA_DEVICE_LBA 0x40u

#define ATA_IDENTIFY     0xecu
#define ATA_SET_MULTIPLE 0xc6u
#define ATA_FLUSH        0xe7u
#define ATA_FLUSH_EXT    0xeau

/* The commands of a transfer: [sector by sector, in blocks][28-bit, 48-bit address] */
static const uint8_t ata_read_commands[2][2] = {{0x20, 0x24}, {0xc4, 0x29}};
static const uint8_t ata_write_commands[2][2] = {{0x30, 0x34}, {0xc5, 0x39}};

#define ATA_IRQ 14

/* IDENTIFY DEVICE words */
#define ATA_WORD_MODEL        27
#define ATA_MODEL_WORDS       20
#define ATA_WORD_MULTIPLE     47
#define ATA_WORD_CAPABILITIES 49
#define ATA_CAPABILITY_LBA    (1u << 9)
#define ATA_WORD_SECTORS28    60
#define ATA_WORD_COMMANDS     83
#define ATA_COMMAND_LBA48     (1u << 10)
#define ATA_WORD_SECTORS48    100

#define ATA_SECTOR_WORDS 256u
/* Sectors that the MULTIPLE commands move at one interrupt: a frame. */
#define ATA_BLOCK_SECTORS 8u
#define ATA_LBA28_LIMIT   0x0fffffffull

/* A disk that stays busy for this many looks is broken: a real one needs well under a second, a look about a µs. */
#define ATA_PATIENCE 10000000u

struct ata_disk {
    struct block_device block; /* first: the two are converted by a cast */

    /* constant after ata_start */
    bool large;             /* has the 48-bit commands */
    unsigned block_sectors; /* moved at one interrupt */
    char model[2 * ATA_MODEL_WORDS + 1];

    /* one caller at a time */
    bool taken;
    struct wait_queue taken_queue;

    /* written by the interrupt */
    bool interrupted;
    uint8_t status; /* that it read */
    struct wait_queue interrupt_queue;
};

static struct ata_disk ata_disk;

uint64_t ata_sectors(void)
{
    return ata_disk.block.sectors;
}
const char *ata_model(void)
{
    return ata_disk.model;
}

/* Waits until the disk is no longer busy: its status, or -EIO. The status is valid 400 ns after a command or
 * selection, which the reads of the alternate status take on a real bus. */
static int ata_wait(void)
{
    for (uint32_t looks = 0; looks < ATA_PATIENCE; looks++) {
        uint8_t status = pv.io.port_read8(ATA_ALTERNATE);
        if (!(status & ATA_BUSY))
            return status;
    }
    return -EIO;
}

static int ata_check_data(int status)
{
    if (status < 0 || (status & (ATA_ERROR | ATA_DEVICE_FAULT)))
        return -EIO;
    return status & ATA_DATA_REQUEST ? 0 : -EIO;
}

static int ata_check_end(int status)
{
    return status < 0 || (status & (ATA_ERROR | ATA_DEVICE_FAULT | ATA_DATA_REQUEST)) ? -EIO : 0;
}

/* ---- one caller, and the interrupt it waits for ---- */

/* 0, or -ERESTARTSYS when a signal comes before the disk is free. */
static int ata_take(struct ata_disk *disk)
{
    while (disk->taken) {
        int status = wait_queue_sleep(&disk->taken_queue, WAIT_FOREVER);
        if (status == -ERESTARTSYS)
            return status;
    }
    disk->taken = true;
    return 0;
}

static int ata_give(struct ata_disk *disk, int status)
{
    disk->taken = false;
    wait_queue_wake_one(&disk->taken_queue);
    return status;
}

/* Reading the status register is what takes the interrupt back. A late one of a command that ended by polling finds
 * the disk busy with the next and is none. */
static void ata_interrupt(void)
{
    ata_disk.status = pv.io.port_read8(ATA_STATUS);
    if (ata_disk.status & ATA_BUSY)
        return;
    ata_disk.interrupted = true;
    wait_queue_wake(&ata_disk.interrupt_queue);
}

/* The status that came with the next interrupt, or -EIO. Interrupts are taken only while this sleeps: none is missed. A
 * command that was given must be finished: with a signal pending, nobody sleeps any more, and the disk is polled. */
static int ata_wait_interrupt(struct ata_disk *disk)
{
    while (!disk->interrupted) {
        if (wait_queue_sleep(&disk->interrupt_queue, WAIT_FOREVER) == -ERESTARTSYS && !disk->interrupted)
            return ata_wait();
    }
    disk->interrupted = false;
    return disk->status;
}

/* ---- commands ---- */

static void ata_address_byte(uint16_t port, uint64_t address, unsigned shift)
{
    pv.io.port_write8(port, (uint8_t)(address >> shift));
}

/* 48-bit addresses go in two rounds, the high halves first. */
static void ata_issue_large(uint64_t sector, unsigned count, uint8_t command)
{
    pv.io.port_write8(ATA_DEVICE, ATA_DEVICE_0 | ATA_DEVICE_LBA);
    pv.io.port_write8(ATA_SECTOR_COUNT, (uint8_t)(count >> 8));
    ata_address_byte(ATA_LBA_LOW, sector, 24);
    ata_address_byte(ATA_LBA_MID, sector, 32);
    ata_address_byte(ATA_LBA_HIGH, sector, 40);
    pv.io.port_write8(ATA_SECTOR_COUNT, (uint8_t)count);
    ata_address_byte(ATA_LBA_LOW, sector, 0);
    ata_address_byte(ATA_LBA_MID, sector, 8);
    ata_address_byte(ATA_LBA_HIGH, sector, 16);
    pv.io.port_write8(ATA_COMMAND, command);
}

static void ata_issue_small(uint64_t sector, unsigned count, uint8_t command)
{
    pv.io.port_write8(ATA_DEVICE, (uint8_t)(ATA_DEVICE_0 | ATA_DEVICE_LBA | sector >> 24));
    pv.io.port_write8(ATA_SECTOR_COUNT, (uint8_t)count);
    ata_address_byte(ATA_LBA_LOW, sector, 0);
    ata_address_byte(ATA_LBA_MID, sector, 8);
    ata_address_byte(ATA_LBA_HIGH, sector, 16);
    pv.io.port_write8(ATA_COMMAND, command);
}

/* Starts a transfer by whichever command reaches the sectors: 0 or -EIO. */
static int ata_issue(struct ata_disk *disk, uint64_t sector, unsigned count, const uint8_t commands[2][2])
{
    const uint8_t *command = commands[disk->block_sectors > 1];

    if (sector + count > disk->block.sectors || ata_wait() < 0)
        return -EIO;
    disk->interrupted = false;
    if (sector + count <= ATA_LBA28_LIMIT)
        ata_issue_small(sector, count, command[0]);
    else if (disk->large)
        ata_issue_large(sector, count, command[1]);
    else
        return -EIO;
    return 0;
}

static unsigned ata_block(const struct ata_disk *disk, unsigned left)
{
    return left < disk->block_sectors ? left : disk->block_sectors;
}

/* An interrupt comes before each block. */
static int ata_read_taken(struct ata_disk *disk, uint64_t sector, uint8_t *to, unsigned count)
{
    int status = ata_issue(disk, sector, count, ata_read_commands);

    while (count && status == 0) {
        unsigned sectors = ata_block(disk, count);
        status = ata_check_data(ata_wait_interrupt(disk));
        if (status == 0)
            pv.io.port_read16_many(ATA_DATA, to, sectors * ATA_SECTOR_WORDS);
        to += sectors * BLOCK_SECTOR_BYTES;
        count -= sectors;
    }
    return status;
}

/* The first block is asked for without an interrupt; one comes after each. */
static int ata_write_taken(struct ata_disk *disk, uint64_t sector, const uint8_t *from, unsigned count)
{
    int status = ata_issue(disk, sector, count, ata_write_commands);

    if (status == 0)
        status = ata_check_data(ata_wait());
    while (count && status == 0) {
        unsigned sectors = ata_block(disk, count);
        pv.io.port_write16_many(ATA_DATA, from, sectors * ATA_SECTOR_WORDS);
        from += sectors * BLOCK_SECTOR_BYTES;
        count -= sectors;
        int said = ata_wait_interrupt(disk);
        status = count ? ata_check_data(said) : ata_check_end(said);
    }
    return status;
}

static int ata_read(struct block_device *block, uint64_t sector, void *to, unsigned count)
{
    struct ata_disk *disk = (struct ata_disk *)block;
    int status = ata_take(disk);

    return status ? status : ata_give(disk, ata_read_taken(disk, sector, to, count));
}

static int ata_write(struct block_device *block, uint64_t sector, const void *from, unsigned count)
{
    struct ata_disk *disk = (struct ata_disk *)block;
    int status = ata_take(disk);

    return status ? status : ata_give(disk, ata_write_taken(disk, sector, from, count));
}

static int ata_flush(struct block_device *block)
{
    struct ata_disk *disk = (struct ata_disk *)block;
    int status = ata_take(disk);

    if (status)
        return status;
    if (ata_wait() < 0)
        return ata_give(disk, -EIO);
    disk->interrupted = false;
    pv.io.port_write8(ATA_DEVICE, ATA_DEVICE_0);
    pv.io.port_write8(ATA_COMMAND, disk->large ? ATA_FLUSH_EXT : ATA_FLUSH);
    return ata_give(disk, ata_check_end(ata_wait_interrupt(disk)));
}

/* ---- the search at boot, by polling ---- */

/* Strings of IDENTIFY have the two bytes of each word swapped and are padded with blanks. */
static void ata_model_copy(const uint16_t *words)
{
    unsigned length = 0;

    for (unsigned i = 0; i < ATA_MODEL_WORDS; i++) {
        ata_disk.model[2 * i] = (char)(words[ATA_WORD_MODEL + i] >> 8);
        ata_disk.model[2 * i + 1] = (char)words[ATA_WORD_MODEL + i];
    }
    for (unsigned i = 0; i < 2 * ATA_MODEL_WORDS; i++)
        length = ata_disk.model[i] > ' ' ? i + 1 : length;
    ata_disk.model[length] = '\0';
}

static uint64_t ata_number(const uint16_t *words, unsigned first, unsigned count)
{
    uint64_t number = 0;
    for (unsigned i = count; i--;)
        number = number << 16 | words[first + i];
    return number;
}

/* Takes from the 256 words what the driver needs: 0, or -ENODEV for a disk without logical block addresses. */
static int ata_describe(const uint16_t *words)
{
    if (!(words[ATA_WORD_CAPABILITIES] & ATA_CAPABILITY_LBA))
        return -ENODEV;
    ata_disk.large = words[ATA_WORD_COMMANDS] & ATA_COMMAND_LBA48;
    ata_disk.block.sectors =
        ata_disk.large ? ata_number(words, ATA_WORD_SECTORS48, 4) : ata_number(words, ATA_WORD_SECTORS28, 2);
    ata_model_copy(words);
    return ata_disk.block.sectors ? 0 : -ENODEV;
}

/* Is there a disk, and which? An empty channel floats at 0xff; an absent device on a channel with another reads as 0; a
 * packet device shows its signature in the address registers. */
static int ata_identify(uint16_t *words)
{
    if (pv.io.port_read8(ATA_STATUS) == 0xff)
        return -ENODEV;
    pv.io.port_write8(ATA_CONTROL, ATA_CONTROL_NO_INTERRUPT);
    pv.io.port_write8(ATA_DEVICE, ATA_DEVICE_0);
    int status = ata_wait();
    if (status <= 0)
        return -ENODEV;
    pv.io.port_write8(ATA_COMMAND, ATA_IDENTIFY);
    if (pv.io.port_read8(ATA_ALTERNATE) == 0 || ata_wait() < 0)
        return -ENODEV;
    if (pv.io.port_read8(ATA_LBA_MID) || pv.io.port_read8(ATA_LBA_HIGH) || ata_check_data(ata_wait()))
        return -ENODEV;
    pv.io.port_read16_many(ATA_DATA, words, ATA_SECTOR_WORDS);
    return 0;
}

/* Asks for blocks of a frame where the disk can: it then interrupts once a block. */
static void ata_set_multiple(const uint16_t *words)
{
    ata_disk.block_sectors = 1;
    if ((words[ATA_WORD_MULTIPLE] & 0xff) < ATA_BLOCK_SECTORS || ata_wait() < 0)
        return;
    pv.io.port_write8(ATA_SECTOR_COUNT, ATA_BLOCK_SECTORS);
    pv.io.port_write8(ATA_COMMAND, ATA_SET_MULTIPLE);
    if (ata_check_end(ata_wait()) == 0)
        ata_disk.block_sectors = ATA_BLOCK_SECTORS;
}

int ata_start(void)
{
    uint16_t words[ATA_SECTOR_WORDS];
    int status = ata_identify(words);

    if (status == 0)
        status = ata_describe(words);
    if (status) {
        ata_disk.block.sectors = 0;
        return status;
    }
    ata_set_multiple(words);
    irq_enable(ATA_IRQ, ata_interrupt);
    pv.io.port_write8(ATA_CONTROL, 0);
    ata_disk.block.name = "hda";
    ata_disk.block.number = ABI_DEVICE(3, 0);
    ata_disk.block.partitions_number = ABI_DEVICE(3, 0);
    ata_disk.block.read = ata_read;
    ata_disk.block.write = ata_write;
    ata_disk.block.flush = ata_flush;
    return block_register(&ata_disk.block);
}

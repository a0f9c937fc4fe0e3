/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ATA driver and block files against a small disk written from the standard's protocols.
 */
#include "fake_kernel.h"

#include "drivers/ata.h"
#include "fs/linux_abi.h"
#include "drivers/irq.h"
#include "kernel/errno.h"
#include "pv/pv.h"
#include "suite.h"
#include <stdlib.h>
#include <string.h>

#define SECTORS 64u

struct pv_operations pv;

/* The disk: a large one answers only the low SECTORS and the SECTORS from 2^28 on. */
static struct {
    bool present, large, packet, failing;
    uint8_t data[2 * SECTORS * 512];
    uint16_t words[256];
    uint8_t registers[8], previous[8]; /* by port - 0x1f0; `previous` for the 48-bit commands */
    uint8_t status;
    uint64_t sector;
    unsigned left; /* sectors still to move */
    bool writing;
    unsigned multiple; /* sectors a block, at least 1 */
    bool masked, interrupting;
    unsigned flushes, looks_busy, interrupts;
} disk;

static trap_irq_handler *handler;

void irq_enable(unsigned irq, trap_irq_handler *installed)
{
    ck_assert_uint_eq(irq, 14);
    handler = installed;
}

static void disk_interrupt(void)
{
    disk.interrupting = !disk.masked;
}

/* Whoever sleeps is woken by the disk alone. */
static int sleep_until_interrupt(void)
{
    ck_assert_msg(disk.interrupting, "nothing would wake the sleeper");
    disk.looks_busy = 0;
    disk.interrupts++;
    handler();
    ck_assert(!disk.interrupting);
    return 0;
}

static uint8_t *disk_sector(void)
{
    uint64_t index = disk.sector >= 1u << 28 ? disk.sector - (1u << 28) + SECTORS : disk.sector;
    ck_assert_uint_lt(index, 2 * SECTORS);
    return disk.data + index * 512;
}

static void disk_transfer(bool extended, bool writing, unsigned block)
{
    disk.multiple = block;
    const uint8_t *r = disk.registers, *p = disk.previous;
    disk.writing = writing;
    if (extended) {
        disk.sector =
            (uint64_t)p[5] << 40 | (uint64_t)p[4] << 32 | (uint64_t)p[3] << 24 | r[5] << 16 | r[4] << 8 | r[3];
        disk.left = (unsigned)(p[2] << 8 | r[2]);
    } else {
        disk.sector = (uint64_t)(r[6] & 15) << 24 | r[5] << 16 | r[4] << 8 | r[3];
        disk.left = r[2] ? r[2] : 256;
    }
    disk.status = disk.failing ? 0x51 : 0x58;
    disk.looks_busy = 3;
    if (!writing || disk.failing)
        disk_interrupt();
}

static void disk_command(uint8_t command)
{
    switch (command) {
    case 0xec:
        disk.status = disk.packet ? 0x51 : 0x58;
        disk.registers[4] = disk.packet ? 0x14 : 0;
        disk.registers[5] = disk.packet ? 0xeb : 0;
        disk.left = 0;
        return;
    case 0x20:
    case 0x24:
    case 0xc4:
    case 0x29:
        disk_transfer(command == 0x24 || command == 0x29, false, command & 0x81 ? 8 : 1);
        return;
    case 0x30:
    case 0x34:
    case 0xc5:
    case 0x39:
        disk_transfer(command == 0x34 || command == 0x39, true, command & 0x81 ? 8 : 1);
        return;
    case 0xc6:
        ck_assert_uint_eq(disk.registers[2], 8);
        disk_interrupt();
        return;
    case 0xe7:
    case 0xea:
        ck_assert_int_eq(command == 0xea, disk.large);
        disk.flushes++;
        disk_interrupt();
        return;
    default:
        ck_abort_msg("unknown command");
    }
}

static uint8_t disk_read8(uint16_t port)
{
    if (!disk.present)
        return 0xff;
    if (port == 0x1f7 || port == 0x3f6) {
        if (disk.looks_busy) {
            disk.looks_busy--;
            return 0x80;
        }
        if (port == 0x1f7)
            disk.interrupting = false;
        return disk.status;
    }
    return disk.registers[port - 0x1f0];
}

static void disk_write8(uint16_t port, uint8_t value)
{
    if (port == 0x3f6) {
        disk.masked = value & 2;
        return;
    }
    ck_assert(!disk.looks_busy);
    if (port == 0x1f7) {
        disk_command(value);
        return;
    }
    disk.previous[port - 0x1f0] = disk.registers[port - 0x1f0];
    disk.registers[port - 0x1f0] = value;
}

/* Moves a whole block, whose words must come in one go. */
static void disk_move(void *to, const void *from, size_t count)
{
    unsigned sectors = disk.left < disk.multiple ? disk.left : disk.multiple;

    ck_assert(disk.status & 8);
    ck_assert_uint_eq(count, 256 * sectors);
    if (to)
        memcpy(to, disk_sector(), 512 * sectors);
    else
        memcpy(disk_sector(), from, 512 * sectors);
    disk.sector += sectors;
    disk.left -= sectors;
    disk.status = disk.left ? 0x58 : 0x50;
    disk.looks_busy = 2;
    if (disk.left || disk.writing)
        disk_interrupt();
}

static void disk_read16_many(uint16_t port, void *to, size_t count)
{
    ck_assert_uint_eq(port, 0x1f0);
    if (disk.left) {
        disk_move(to, NULL, count);
        return;
    }
    ck_assert_uint_eq(count, 256); /* IDENTIFY */
    memcpy(to, disk.words, 512);
    disk.status = 0x50;
}

static void disk_write16_many(uint16_t port, const void *from, size_t count)
{
    ck_assert_uint_eq(port, 0x1f0);
    ck_assert(disk.writing);
    disk_move(NULL, from, count);
}

static void setup(void)
{
    fake_start(NULL, 0);
    memset(&disk, 0, sizeof(disk));
    fake_sleep = sleep_until_interrupt;
    disk.present = true;
    disk.status = 0x50;
    disk.words[49] = 1 << 9;
    disk.words[60] = SECTORS;
    for (unsigned i = 0; i < 20; i++)
        disk.words[27 + i] = 0x2020;
    memcpy(&disk.words[27], "oCpo", 4);
    for (unsigned i = 0; i < sizeof(disk.data); i++)
        disk.data[i] = (uint8_t)(i / 512 + i);
    pv.io.port_read8 = disk_read8;
    pv.io.port_write8 = disk_write8;
    pv.io.port_read16_many = disk_read16_many;
    pv.io.port_write16_many = disk_write16_many;
}

static void make_large(void)
{
    disk.large = true;
    disk.words[83] = 1 << 10;
    disk.words[100] = SECTORS;
    disk.words[101] = 1 << 12; /* 2^28 + SECTORS */
}

static void teardown(void)
{
    fake_stop();
}

START_TEST(test_absent)
{
    disk.present = false;
    ck_assert_int_eq(ata_start(), -ENODEV);
    disk.present = true;
    disk.status = 0;
    ck_assert_int_eq(ata_start(), -ENODEV);
    disk.status = 0x50;
    disk.packet = true;
    ck_assert_int_eq(ata_start(), -ENODEV);
    disk.packet = false;
    disk.words[49] = 0;
    ck_assert_int_eq(ata_start(), -ENODEV);
    ck_assert_uint_eq(ata_sectors(), 0);
    ck_assert_int_eq(fake_call(open, "/dev/hda", ABI_O_RDONLY, 0), -ENOENT);
}
END_TEST

static void read_and_write(void)
{
    static uint8_t bytes[SECTORS * 512];
    uint64_t size;
    ck_assert_int_eq(ata_start(), 0);
    ck_assert_str_eq(ata_model(), "Coop");
    long fd = fake_call(open, "/dev/hda", ABI_O_RDWR, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fake_call(lseek, fd, 0, ABI_SEEK_END), SECTORS * 512);
    ck_assert_int_eq(fake_call(read, fd, bytes, 1), 0);
    ck_assert_int_eq(fake_call(write, fd, bytes, 1), -ENOSPC);
    ck_assert_int_eq(fake_call(pread64, fd, bytes, sizeof(bytes) + 99, 0), sizeof(bytes));
    ck_assert_int_eq(memcmp(bytes, disk.data, sizeof(bytes)), 0);
    ck_assert_int_eq(fake_call(pread64, fd, bytes, 1000, 777), 1000);
    ck_assert_int_eq(memcmp(bytes, disk.data + 777, 1000), 0);
    static uint8_t model[SECTORS * 512];
    memcpy(model, disk.data, sizeof(model));
    srand(3);
    for (unsigned round = 0; round < 100; round++) {
        size_t at = (size_t)rand() % sizeof(model), count = (size_t)rand() % (sizeof(model) - at) % 9000;
        for (size_t i = 0; i < count; i++)
            bytes[i] = (uint8_t)rand();
        memcpy(model + at, bytes, count);
        ck_assert_int_eq(fake_call(pwrite64, fd, bytes, count, at), (long)count);
        ck_assert_int_eq(memcmp(model, disk.data, sizeof(model)), 0);
    }
    ck_assert_int_eq(fake_call(fsync, fd), 0);
    ck_assert_uint_eq(disk.flushes, 1);
    ck_assert_int_eq(fake_call(ioctl, fd, 0x80081272, &size), 0);
    ck_assert_uint_eq(size, SECTORS * 512);
    ck_assert_int_eq(fake_call(pread64, fd, 16, 100, 0), -EFAULT);
    ck_assert_int_eq(fake_call(fcntl, fd, ABI_F_GETFL), ABI_O_RDWR);
    fake_call(close, fd);
    fd = fake_call(open, "/dev/hda", ABI_O_RDWR | ABI_O_DSYNC, 0);
    disk.flushes = disk.interrupts = 0;
    ck_assert_int_eq(fake_call(pwrite64, fd, bytes, 4096, 0), 4096);
    ck_assert_uint_eq(disk.flushes, 1);
}

START_TEST(test_reads_and_writes)
{
    read_and_write();
    ck_assert_uint_eq(disk.interrupts, 8 + 1);
}
END_TEST

START_TEST(test_reads_and_writes_in_blocks)
{
    disk.words[47] = 0x8010;
    read_and_write();
    ck_assert_uint_eq(disk.interrupts, 1 + 1);
}
END_TEST

START_TEST(test_large_addresses)
{
    uint8_t bytes[1024];
    make_large();
    ck_assert_int_eq(ata_start(), 0);
    ck_assert_uint_eq(ata_sectors(), (1u << 28) + SECTORS);
    long fd = fake_call(open, "/dev/hda", ABI_O_RDWR, 0);
    uint64_t at = ((1ull << 28) + 5) * 512;
    ck_assert_int_eq(fake_call(pread64, fd, bytes, 1024, at), 1024);
    ck_assert_int_eq(memcmp(bytes, disk.data + (SECTORS + 5) * 512, 1024), 0);
    memset(bytes, 0x5a, 512);
    ck_assert_int_eq(fake_call(pwrite64, fd, bytes, 512, at), 512);
    ck_assert_uint_eq(disk.data[(SECTORS + 5) * 512], 0x5a);
    ck_assert_int_eq(fake_call(fsync, fd), 0);
}
END_TEST

/* With a signal pending nobody sleeps: the transfer ends by polling. */
START_TEST(test_signal)
{
    uint8_t bytes[4096];
    disk.words[47] = 0x8010;
    ck_assert_int_eq(ata_start(), 0);
    long fd = fake_call(open, "/dev/hda", ABI_O_RDWR | ABI_O_DSYNC, 0);
    fake_sleep = NULL;
    ck_assert_int_eq(fake_call(pread64, fd, bytes, 4096, 512), 4096);
    ck_assert_int_eq(memcmp(bytes, disk.data + 512, 4096), 0);
    memset(bytes, 0x77, sizeof(bytes));
    ck_assert_int_eq(fake_call(pwrite64, fd, bytes, 4096, 0), 4096);
    ck_assert_int_eq(memcmp(bytes, disk.data, 4096), 0);
    disk.looks_busy = 5;
    handler(); /* late: the disk is busy with something else */
    fake_sleep = sleep_until_interrupt;
    ck_assert_int_eq(fake_call(pread64, fd, bytes, 4096, 512), 4096);
    ck_assert_int_eq(memcmp(bytes, disk.data + 512, 4096), 0);
}
END_TEST

START_TEST(test_errors)
{
    uint8_t bytes[512];
    ck_assert_int_eq(ata_start(), 0);
    long fd = fake_call(open, "/dev/hda", ABI_O_RDWR, 0);
    disk.failing = true;
    ck_assert_int_eq(fake_call(read, fd, bytes, 512), -EIO);
    ck_assert_int_eq(fake_call(write, fd, bytes, 512), -EIO);
    disk.failing = false;
    ck_assert_int_eq(fake_call(read, fd, bytes, 512), 512);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_absent,          test_reads_and_writes, test_reads_and_writes_in_blocks,
                                  test_large_addresses, test_signal,           test_errors};
    Suite *suite = suite_create("fs_ata");
    TCase *cases = tcase_create("ata");

    tcase_add_checked_fixture(cases, setup, teardown);
    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_test(cases, tests[i]);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}

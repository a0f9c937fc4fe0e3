/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Partitions as block devices: each passes what it is asked for to the whole device, moved by where it begins. They are
 * made and taken away as one step that does not sleep, and only while none is held.
 */
#include "drivers/block_partition.h"

#include "drivers/partition.h"
#include "fs/linux_abi.h"
#include "kernel/errno.h"
#include "kernel/log.h"
#include "memory/frame.h"
#include "memory/heap.h"
#include "memory/user_copy.h"
#include <coopvirt/format.h>
#include <coopvirt/string.h>

#define BLOCK_PARTITION_NAME 16

/* BLKPG: linux/blkpg.h */
#define BLOCK_PARTITION_ADD    1
#define BLOCK_PARTITION_REMOVE 2
#define BLOCK_PARTITION_RESIZE 3

struct block_partition_argument {
    int32_t operation, flags, bytes, padding;
    uint64_t user_range;
};

struct block_partition_range {
    int64_t start, length; /* bytes */
    int32_t number;
};

struct block_partition {
    struct block_device block; /* first: the two are converted by a cast */
    char name[BLOCK_PARTITION_NAME];
};

/* ---- what it is asked for ---- */

static bool block_partition_has(const struct block_device *device, uint64_t sector, uint64_t count)
{
    return sector <= device->sectors && count <= device->sectors - sector;
}

static int block_partition_read(struct block_device *device, uint64_t sector, void *to, unsigned count)
{
    if (!block_partition_has(device, sector, count))
        return -EIO;
    return device->whole->read(device->whole, device->start + sector, to, count);
}

static int block_partition_write(struct block_device *device, uint64_t sector, const void *from, unsigned count)
{
    if (!block_partition_has(device, sector, count))
        return -EIO;
    return device->whole->write(device->whole, device->start + sector, from, count);
}

static int block_partition_flush(struct block_device *device)
{
    return device->whole->flush(device->whole);
}

static int block_partition_move(struct block_device *device, bool writing, const struct block_piece *pieces,
                                unsigned count)
{
    struct block_piece moved[BLOCK_BATCH];
    for (unsigned i = 0; i < count; i++) {
        if (!block_partition_has(device, pieces[i].sector, pieces[i].count))
            return -EIO;
        moved[i] = pieces[i];
        moved[i].sector += device->start;
    }
    return device->whole->move(device->whole, writing, moved, count);
}

static int block_partition_discard(struct block_device *device, uint64_t sector, uint64_t count)
{
    if (!block_partition_has(device, sector, count))
        return -EIO;
    return device->whole->discard(device->whole, device->start + sector, count);
}

/* ---- which there are ---- */

uint32_t block_partition_number(const struct block_device *device)
{
    return device->whole ? ABI_DEVICE_MINOR(device->number) - ABI_DEVICE_MINOR(device->whole->partitions_number) : 0;
}

static uint64_t block_partition_device(const struct block_device *whole, uint32_t number)
{
    return ABI_DEVICE(ABI_DEVICE_MAJOR(whole->partitions_number), ABI_DEVICE_MINOR(whole->partitions_number) + number);
}

/* A device whose name ends in a digit has a `p` before the number. */
static void block_partition_name(char *name, const char *whole, uint32_t number)
{
    char last = whole[strlen(whole) - 1];
    format_string(name, BLOCK_PARTITION_NAME, "%s%s%u", whole, last >= '0' && last <= '9' ? "p" : "", number);
}

static int block_partition_add(struct block_device *whole, uint32_t number, uint64_t start, uint64_t sectors)
{
    struct block_partition *made = heap_allocate(sizeof(*made));
    if (!made)
        return -ENOMEM;
    block_partition_name(made->name, whole->name, number);
    made->block = (struct block_device){
        .name = made->name,
        .number = block_partition_device(whole, number),
        .sectors = sectors,
        .read = block_partition_read,
        .write = block_partition_write,
        .flush = block_partition_flush,
        .move = whole->move ? block_partition_move : NULL,
        .depth = whole->depth,
        .discard = whole->discard ? block_partition_discard : NULL,
        .whole = whole,
        .start = start,
    };
    int status = block_register(&made->block);
    if (status)
        heap_free(made);
    return status;
}

static void block_partition_remove(struct block_device *device)
{
    block_unregister(device);
    heap_free(device);
}

/* The next partition of a device behind `after`, by age. */
static struct block_device *block_partition_next(const struct block_device *whole, const struct block_device *after)
{
    struct block_device *device = block_next(after);
    while (device && device->whole != whole)
        device = block_next(device);
    return device;
}

int block_partition_forget(struct block_device *whole)
{
    struct block_device *device = NULL;
    while ((device = block_partition_next(whole, device)))
        if (device->holders)
            return -EBUSY;
    while ((device = block_partition_next(whole, NULL)))
        block_partition_remove(device);
    return 0;
}

static int block_partition_fetch(void *context, uint64_t sector, void *bytes)
{
    struct block_device *whole = context;
    return whole->read(whole, sector, bytes, 1);
}

/* The disk may have become another one while its table was read. */
static int block_partition_replace(struct block_device *whole, const struct partition_table *table)
{
    bool is_same = whole->partitions_number && whole->sectors == table->sectors;
    int status = is_same ? block_partition_forget(whole) : -ENXIO;
    for (unsigned i = 0; i < table->count && status == 0; i++)
        status = block_partition_add(whole, table->found[i].number, table->found[i].start, table->found[i].sectors);
    return status;
}

int block_partition_scan(struct block_device *whole)
{
    if (!whole->partitions_number)
        return -EINVAL;
    for (struct block_device *device = NULL; (device = block_partition_next(whole, device));)
        if (device->holders)
            return -EBUSY;

    /* It is read into the table, which must therefore be within one frame. */
    _Static_assert(sizeof(struct partition_table) <= FRAME_BYTES, "a partition table is within a frame");
    coop_paddr frame = frame_allocate();
    if (!frame)
        return -ENOMEM;
    struct partition_table *table = frame_address(frame);
    *table = (struct partition_table){.read = block_partition_fetch, .context = whole, .sectors = whole->sectors};
    int status = partition_read(table);
    if (status == 0)
        status = block_partition_replace(whole, table);
    frame_release(frame);
    return status;
}

void block_partition_start(void)
{
    for (struct block_device *device = block_next(NULL); device; device = block_next(device)) {
        int status = device->partitions_number && device->sectors ? block_partition_scan(device) : 0;
        if (status)
            log_line(LOG_WARNING, "%s: its partitions cannot be read: error %d", device->name, -status);
    }
}

/* ---- BLKPG ---- */

/* Is any other partition than `self` in the way? */
static bool block_partition_overlaps(const struct block_device *whole, const struct block_device *self, uint64_t start,
                                     uint64_t sectors)
{
    for (struct block_device *device = NULL; (device = block_partition_next(whole, device));)
        if (device != self && start < device->start + device->sectors && device->start < start + sectors)
            return true;
    return false;
}

static long block_partition_place(struct block_device *whole, struct block_device *device, int32_t operation,
                                  const struct block_partition_range *range)
{
    uint64_t start = (uint64_t)range->start / BLOCK_SECTOR_BYTES,
             sectors = (uint64_t)range->length / BLOCK_SECTOR_BYTES;

    if (range->start < 0 || range->length <= 0 || (range->start | range->length) % BLOCK_SECTOR_BYTES ||
        start >= whole->sectors || sectors > whole->sectors - start)
        return -EINVAL;
    if (operation == BLOCK_PARTITION_ADD) {
        if (device || block_partition_overlaps(whole, NULL, start, sectors))
            return -EBUSY;
        return block_partition_add(whole, (uint32_t)range->number, start, sectors);
    }
    if (!device)
        return -ENXIO;
    if (start != device->start)
        return -EINVAL;
    if (block_partition_overlaps(whole, device, start, sectors))
        return -EBUSY;
    device->sectors = sectors;
    return 0;
}

long block_partition_change(struct block_device *whole, uint64_t user_argument)
{
    struct block_partition_argument argument;
    struct block_partition_range range;

    if (user_copy_in(&argument, user_argument, sizeof(argument)) ||
        user_copy_in(&range, argument.user_range, sizeof(range)))
        return -EFAULT;
    if (!whole->partitions_number || range.number <= 0 || range.number > (int32_t)PARTITION_LIMIT)
        return -EINVAL;
    struct block_device *device = block_find(block_partition_device(whole, (uint32_t)range.number));
    switch (argument.operation) {
    case BLOCK_PARTITION_ADD:
    case BLOCK_PARTITION_RESIZE:
        return block_partition_place(whole, device, argument.operation, &range);
    case BLOCK_PARTITION_REMOVE:
        if (!device || device->holders)
            return device ? -EBUSY : -ENXIO;
        block_partition_remove(device);
        return 0;
    default:
        return -EINVAL;
    }
}

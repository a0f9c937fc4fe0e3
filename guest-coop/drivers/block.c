/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A block device as a file, without a cache: each call moves its sectors between the disk and bounce frames, as many
 * frames at a time as the device can work at, so that disk work can be measured.
 */
#include "drivers/block.h"

#include "fs/device.h"
#include "kernel/errno.h"
#include "memory/frame.h"
#include "memory/user_copy.h"

#define BLOCK_DEVICES 4
#define BLOCK_BATCH   32u

/* ioctl_list(2) */
#define BLOCK_BLKROGET     0x125eu /* whether it is read only, int */
#define BLOCK_BLKGETSIZE   0x1260u /* sectors, unsigned long */
#define BLOCK_BLKFLSBUF    0x1261u
#define BLOCK_BLKSSZGET    0x1268u     /* bytes of a sector, int */
#define BLOCK_BLKBSZGET    0x80081270u /* bytes of a block of its cache, int */
#define BLOCK_BLKGETSIZE64 0x80081272u /* bytes */

static struct block_device *block_devices[BLOCK_DEVICES];
static unsigned block_device_count;

static uint64_t block_bytes(const struct block_device *device)
{
    return device->sectors * BLOCK_SECTOR_BYTES;
}

/* A part of a transfer that one bounce frame holds. */
struct block_part {
    uint64_t sector; /* first one touched */
    unsigned count;  /* sectors touched */
    size_t offset;   /* of the first byte within them */
    size_t bytes;
};

static struct block_part block_part(uint64_t position, size_t bytes)
{
    struct block_part part = {position / BLOCK_SECTOR_BYTES, 0, position % BLOCK_SECTOR_BYTES, 0};
    size_t room = FRAME_BYTES - part.offset;

    part.bytes = bytes < room ? bytes : room;
    part.count = (unsigned)((part.offset + part.bytes + BLOCK_SECTOR_BYTES - 1) / BLOCK_SECTOR_BYTES);
    return part;
}

/* What is moved at once: a part in each frame. */
struct block_batch {
    unsigned count, frame_count;
    coop_paddr frames[BLOCK_BATCH];
    struct block_part parts[BLOCK_BATCH];
};

/* As many frames as the transfer can use; false: not even one. */
static bool block_batch_allocate(struct block_batch *batch, const struct block_device *device, size_t bytes)
{
    size_t wanted = device->move ? device->depth : 1, parts = bytes / FRAME_BYTES + 1;
    wanted = wanted < parts ? wanted : parts;
    for (batch->frame_count = 0; batch->frame_count < wanted && batch->frame_count < BLOCK_BATCH; batch->frame_count++)
        if (!(batch->frames[batch->frame_count] = frame_allocate()))
            break;
    return batch->frame_count > 0;
}

static void block_batch_release(struct block_batch *batch)
{
    while (batch->frame_count)
        frame_release(batch->frames[--batch->frame_count]);
}

/* The next parts, one for each frame. */
static void block_batch_plan(struct block_batch *batch, uint64_t position, size_t bytes)
{
    batch->count = 0;
    while (bytes && batch->count < batch->frame_count) {
        struct block_part part = block_part(position, bytes);
        batch->parts[batch->count++] = part;
        position += part.bytes;
        bytes -= part.bytes;
    }
}

static int block_batch_move(struct block_batch *batch, struct block_device *device, bool writing)
{
    struct block_piece pieces[BLOCK_BATCH];

    for (unsigned i = 0; i < batch->count; i++)
        pieces[i] =
            (struct block_piece){batch->parts[i].sector, frame_address(batch->frames[i]), batch->parts[i].count};
    if (device->move)
        return device->move(device, writing, pieces, batch->count);
    if (writing)
        return device->write(device, pieces->sector, pieces->memory, pieces->count);
    return device->read(device, pieces->sector, pieces->memory, pieces->count);
}

/* The bytes that came to the user's memory, or -errno. */
static long block_batch_read(struct block_batch *batch, struct block_device *device, uint64_t user)
{
    long done = 0;
    int status = block_batch_move(batch, device, false);

    for (unsigned i = 0; i < batch->count && status == 0; i++) {
        const struct block_part *part = &batch->parts[i];
        status = user_copy_out(user + (uint64_t)done, (uint8_t *)frame_address(batch->frames[i]) + part->offset,
                               part->bytes);
        done += status ? 0 : (long)part->bytes;
    }
    return done ? done : status;
}

/* Sectors that are written only in part are read first. */
static int block_fill(struct block_batch *batch, unsigned i, struct block_device *device, uint64_t user)
{
    const struct block_part *part = &batch->parts[i];
    uint8_t *bounce = frame_address(batch->frames[i]);
    int status = 0;

    if (part->offset || part->bytes % BLOCK_SECTOR_BYTES)
        status = device->read(device, part->sector, bounce, part->count);
    return status ? status : user_copy_in(bounce + part->offset, user, part->bytes);
}

static long block_batch_write(struct block_batch *batch, struct block_device *device, uint64_t user)
{
    long filled = 0;
    int status = 0;

    for (unsigned i = 0; i < batch->count; i++) {
        status = block_fill(batch, i, device, user + (uint64_t)filled);
        if (status) {
            batch->count = i;
            break;
        }
        filled += (long)batch->parts[i].bytes;
    }
    if (batch->count == 0)
        return status;
    status = block_batch_move(batch, device, true);
    return status ? status : filled;
}

typedef long block_mover(struct block_batch *batch, struct block_device *device, uint64_t user);

static long block_transfer(struct file *file, uint64_t user, size_t bytes, uint64_t *position, block_mover *move)
{
    struct block_device *device = file->context;
    uint64_t left = *position < block_bytes(device) ? block_bytes(device) - *position : 0;
    struct block_batch batch;
    size_t done = 0;
    long status = 0;

    if (bytes > left)
        bytes = left;
    if (bytes == 0)
        return 0;
    if (!block_batch_allocate(&batch, device, bytes))
        return -ENOMEM;
    while (done < bytes) {
        block_batch_plan(&batch, *position, bytes - done);
        status = move(&batch, device, user + done);
        if (status <= 0)
            break;
        done += (size_t)status;
        *position += (uint64_t)status;
    }
    block_batch_release(&batch);
    return done ? (long)done : status;
}

static long block_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    return block_transfer(file, user_buffer, bytes, position, block_batch_read);
}

static long block_write(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct block_device *device = file->context;

    if (bytes && *position >= block_bytes(device))
        return -ENOSPC;
    long written = block_transfer(file, user_buffer, bytes, position, block_batch_write);
    if (written <= 0 || !(file->flags & ABI_O_DSYNC)) /* O_SYNC has that bit too */
        return written;
    int status = device->flush(device);
    return status ? status : written;
}

static long block_seek(struct file *file, int64_t offset, int whence)
{
    int64_t size = (int64_t)block_bytes(file->context);
    int64_t base = whence == ABI_SEEK_END ? size : whence == ABI_SEEK_CUR ? (int64_t)file->position : 0;

    if (whence < ABI_SEEK_SET || whence > ABI_SEEK_END || __builtin_add_overflow(base, offset, &offset))
        return -EINVAL;
    if (offset < 0 || offset > size)
        return -EINVAL;
    file->position = (uint64_t)offset;
    return offset;
}

static long block_sync(struct file *file)
{
    struct block_device *device = file->context;
    return device->flush(device);
}

static long block_ioctl(struct file *file, uint32_t request, uint64_t argument)
{
    const struct block_device *device = file->context;
    uint64_t number = device->sectors;
    int32_t sector_bytes = BLOCK_SECTOR_BYTES, block_size = FRAME_BYTES, is_read_only = 0;

    switch (request) {
    case BLOCK_BLKGETSIZE:
        return user_copy_out(argument, &number, sizeof(number));
    case BLOCK_BLKGETSIZE64:
        number = block_bytes(device);
        return user_copy_out(argument, &number, sizeof(number));
    case BLOCK_BLKROGET:
        return user_copy_out(argument, &is_read_only, sizeof(is_read_only));
    case BLOCK_BLKBSZGET:
        return user_copy_out(argument, &block_size, sizeof(block_size));
    case BLOCK_BLKSSZGET:
        return user_copy_out(argument, &sector_bytes, sizeof(sector_bytes));
    case BLOCK_BLKFLSBUF:
        return block_sync(file);
    default:
        return -ENOTTY;
    }
}

struct block_device *block_find(uint64_t number)
{
    for (unsigned i = 0; i < block_device_count; i++)
        if (block_devices[i]->number == number)
            return block_devices[i];
    return NULL;
}

static int block_open(struct file *file)
{
    file->context = block_find(file->inode->device);
    return file->context ? 0 : -ENXIO;
}

int block_register(struct block_device *device)
{
    static const struct device_operations operations = {
        .open = block_open,
        .file =
            {.read = block_read, .write = block_write, .seek = block_seek, .ioctl = block_ioctl, .sync = block_sync},
    };

    if (block_device_count == BLOCK_DEVICES)
        return -ENOSPC;
    block_devices[block_device_count++] = device;
    return device_register(device->name, device->number, ABI_S_IFBLK | 0660, &operations);
}

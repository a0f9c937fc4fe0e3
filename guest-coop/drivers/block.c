/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A block device as a file, without a cache: each call moves its sectors between the disk and a bounce frame,
 * a frame's worth at a time, so that disk work can be measured.
 */
#include "drivers/block.h"

#include "fs/device.h"
#include "kernel/errno.h"
#include "memory/frame.h"
#include "memory/user_copy.h"

#define BLOCK_DEVICES 4

/* ioctl_list(2) */
#define BLOCK_BLKGETSIZE   0x1260u /* sectors, unsigned long */
#define BLOCK_BLKFLSBUF    0x1261u
#define BLOCK_BLKSSZGET    0x1268u     /* bytes of a sector, int */
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

static int block_read_part(struct block_device *device, const struct block_part *part, uint8_t *bounce, uint64_t user)
{
    int status = device->read(device, part->sector, bounce, part->count);
    return status ? status : user_copy_out(user, bounce + part->offset, part->bytes);
}

/* Sectors that are written only in part are read first. */
static int block_write_part(struct block_device *device, const struct block_part *part, uint8_t *bounce, uint64_t user)
{
    int status = 0;

    if (part->offset || part->bytes % BLOCK_SECTOR_BYTES)
        status = device->read(device, part->sector, bounce, part->count);
    if (status == 0)
        status = user_copy_in(bounce + part->offset, user, part->bytes);
    return status ? status : device->write(device, part->sector, bounce, part->count);
}

typedef int block_mover(struct block_device *device, const struct block_part *part, uint8_t *bounce, uint64_t user);

static long block_transfer(struct file *file, uint64_t user, size_t bytes, uint64_t *position, block_mover *move)
{
    struct block_device *device = file->context;
    uint64_t left = *position < block_bytes(device) ? block_bytes(device) - *position : 0;
    size_t done = 0;
    int status = 0;

    if (bytes > left)
        bytes = left;
    coop_paddr frame = bytes ? frame_allocate() : 0;
    if (bytes && !frame)
        return -ENOMEM;
    while (done < bytes && status == 0) {
        struct block_part part = block_part(*position, bytes - done);
        status = move(device, &part, frame_address(frame), user + done);
        if (status == 0) {
            done += part.bytes;
            *position += part.bytes;
        }
    }
    if (frame)
        frame_release(frame);
    return done ? (long)done : status;
}

static long block_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    return block_transfer(file, user_buffer, bytes, position, block_read_part);
}

static long block_write(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct block_device *device = file->context;

    if (bytes && *position >= block_bytes(device))
        return -ENOSPC;
    long written = block_transfer(file, user_buffer, bytes, position, block_write_part);
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
    int32_t sector_bytes = BLOCK_SECTOR_BYTES;

    switch (request) {
    case BLOCK_BLKGETSIZE:
        return user_copy_out(argument, &number, sizeof(number));
    case BLOCK_BLKGETSIZE64:
        number = block_bytes(device);
        return user_copy_out(argument, &number, sizeof(number));
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

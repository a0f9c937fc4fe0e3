/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Block devices: which there are, who holds and claims them, and the operations of files that are one. What moves the
 * bytes is drivers/block_transfer.c; ioctls are drivers/block_control.c.
 */
#include "drivers/block.h"

#include "drivers/block_control.h"
#include "drivers/block_transfer.h"
#include "fs/device.h"
#include "kernel/errno.h"

static struct block_device *block_oldest;

bool block_is_read_only(const struct block_device *device)
{
    return device->is_read_only || (device->whole && device->whole->is_read_only);
}

struct block_device *block_find(uint64_t number)
{
    struct block_device *device = block_oldest;
    while (device && device->number != number)
        device = device->next;
    return device;
}

struct block_device *block_next(const struct block_device *device)
{
    return device ? device->next : block_oldest;
}

/* ---- who uses it ---- */

void block_hold(struct block_device *device)
{
    device->holders++;
    if (device->whole)
        device->whole->holders++;
}

static void block_drop_one(struct block_device *device)
{
    if (--device->holders == 0 && device->closed)
        device->closed(device);
}

void block_drop(struct block_device *device)
{
    struct block_device *whole = device->whole;
    block_drop_one(device);
    if (whole)
        block_drop_one(whole); /* its partitions may go with it */
}

bool block_is_claimed(const struct block_device *device)
{
    return device->is_claimed || device->claimed_partitions || (device->whole && device->whole->is_claimed);
}

int block_claim(struct block_device *device)
{
    if (block_is_claimed(device))
        return -EBUSY;
    device->is_claimed = true;
    if (device->whole)
        device->whole->claimed_partitions++;
    block_hold(device);
    return 0;
}

void block_give_up(struct block_device *device)
{
    device->is_claimed = false;
    if (device->whole)
        device->whole->claimed_partitions--;
    block_drop(device);
}

/* ---- as a file ---- */

static long block_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    return block_transfer_read(file->context, user_buffer, bytes, position);
}

static long block_write(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct block_device *device = file->context;

    if (block_is_read_only(device))
        return -EPERM;
    if (bytes && *position >= block_bytes(device))
        return -ENOSPC;
    long written = block_transfer_write(device, user_buffer, bytes, position);
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

static int block_open(struct file *file)
{
    struct block_device *device = block_find(file->inode->device);
    int status = 0;

    if (!device)
        return -ENXIO;
    if (file->flags & ABI_O_EXCL)
        status = block_claim(device);
    else
        block_hold(device);
    file->context = device;
    return status;
}

static void block_close(struct file *file)
{
    if (file->flags & ABI_O_EXCL)
        block_give_up(file->context);
    else
        block_drop(file->context);
}

int block_register(struct block_device *device)
{
    static const struct device_operations operations = {
        .open = block_open,
        .file = {.read = block_read,
                 .write = block_write,
                 .seek = block_seek,
                 .ioctl = block_control,
                 .sync = block_sync,
                 .release = block_close},
    };
    struct block_device **last = &block_oldest;

    /* Before the event tells of it. */
    while (*last)
        last = &(*last)->next;
    device->next = NULL;
    *last = device;
    int status = device_register(device->name, device->number, ABI_S_IFBLK | 0660, &operations);
    if (status)
        *last = NULL;
    return status;
}

void block_unregister(struct block_device *device)
{
    struct block_device **link = &block_oldest;
    device_unregister(ABI_S_IFBLK, device->number);
    while (*link != device)
        link = &(*link)->next;
    *link = device->next;
}

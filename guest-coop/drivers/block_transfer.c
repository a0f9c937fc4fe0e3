/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading and writing a block device, without a cache: each call moves its sectors between the disk and bounce frames,
 * as many frames at a time as the device can work at, so that disk work can be measured.
 */
#include "drivers/block_transfer.h"

#include "kernel/errno.h"
#include "memory/frame.h"
#include "memory/user_copy.h"

/* A part of a transfer that one bounce frame holds. */
struct block_transfer_part {
    uint64_t sector; /* first one touched */
    unsigned count;  /* sectors touched */
    size_t offset;   /* of the first byte within them */
    size_t bytes;
};

static struct block_transfer_part block_transfer_part(uint64_t position, size_t bytes)
{
    struct block_transfer_part part = {position / BLOCK_SECTOR_BYTES, 0, position % BLOCK_SECTOR_BYTES, 0};
    size_t room = FRAME_BYTES - part.offset;

    part.bytes = bytes < room ? bytes : room;
    part.count = (unsigned)((part.offset + part.bytes + BLOCK_SECTOR_BYTES - 1) / BLOCK_SECTOR_BYTES);
    return part;
}

/* What is moved at once: a part in each frame. */
struct block_transfer_batch {
    unsigned count, frame_count;
    coop_paddr frames[BLOCK_BATCH];
    struct block_transfer_part parts[BLOCK_BATCH];
};

/* As many frames as the transfer can use; false: not even one. */
static bool block_transfer_batch_allocate(struct block_transfer_batch *batch, const struct block_device *device,
                                          size_t bytes)
{
    size_t wanted = device->move ? device->depth : 1, parts = bytes / FRAME_BYTES + 1;
    wanted = wanted < parts ? wanted : parts;
    for (batch->frame_count = 0; batch->frame_count < wanted && batch->frame_count < BLOCK_BATCH; batch->frame_count++)
        if (!(batch->frames[batch->frame_count] = frame_allocate()))
            break;
    return batch->frame_count > 0;
}

static void block_transfer_batch_release(struct block_transfer_batch *batch)
{
    while (batch->frame_count)
        frame_release(batch->frames[--batch->frame_count]);
}

/* The next parts, one for each frame. */
static void block_transfer_batch_plan(struct block_transfer_batch *batch, uint64_t position, size_t bytes)
{
    batch->count = 0;
    while (bytes && batch->count < batch->frame_count) {
        struct block_transfer_part part = block_transfer_part(position, bytes);
        batch->parts[batch->count++] = part;
        position += part.bytes;
        bytes -= part.bytes;
    }
}

static int block_transfer_batch_move(struct block_transfer_batch *batch, struct block_device *device, bool writing)
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
static long block_transfer_batch_read(struct block_transfer_batch *batch, struct block_device *device, uint64_t user)
{
    long done = 0;
    int status = block_transfer_batch_move(batch, device, false);

    for (unsigned i = 0; i < batch->count && status == 0; i++) {
        const struct block_transfer_part *part = &batch->parts[i];
        status = user_copy_out(user + (uint64_t)done, (uint8_t *)frame_address(batch->frames[i]) + part->offset,
                               part->bytes);
        done += status ? 0 : (long)part->bytes;
    }
    return done ? done : status;
}

/* Sectors that are written only in part are read first. */
static int block_transfer_fill(struct block_transfer_batch *batch, unsigned i, struct block_device *device,
                               uint64_t user)
{
    const struct block_transfer_part *part = &batch->parts[i];
    uint8_t *bounce = frame_address(batch->frames[i]);
    int status = 0;

    if (part->offset || part->bytes % BLOCK_SECTOR_BYTES)
        status = device->read(device, part->sector, bounce, part->count);
    return status ? status : user_copy_in(bounce + part->offset, user, part->bytes);
}

static long block_transfer_batch_write(struct block_transfer_batch *batch, struct block_device *device, uint64_t user)
{
    long filled = 0;
    int status = 0;

    for (unsigned i = 0; i < batch->count; i++) {
        status = block_transfer_fill(batch, i, device, user + (uint64_t)filled);
        if (status) {
            batch->count = i;
            break;
        }
        filled += (long)batch->parts[i].bytes;
    }
    if (batch->count == 0)
        return status;
    status = block_transfer_batch_move(batch, device, true);
    return status ? status : filled;
}

typedef long block_transfer_mover(struct block_transfer_batch *batch, struct block_device *device, uint64_t user);

static long block_transfer(struct block_device *device, uint64_t user, size_t bytes, uint64_t *position,
                           block_transfer_mover *move)
{
    uint64_t left = *position < block_bytes(device) ? block_bytes(device) - *position : 0;
    struct block_transfer_batch batch;
    size_t done = 0;
    long status = 0;

    if (bytes > left)
        bytes = left;
    if (bytes == 0)
        return 0;
    if (!block_transfer_batch_allocate(&batch, device, bytes))
        return -ENOMEM;
    while (done < bytes) {
        block_transfer_batch_plan(&batch, *position, bytes - done);
        status = move(&batch, device, user + done);
        if (status <= 0)
            break;
        done += (size_t)status;
        *position += (uint64_t)status;
    }
    block_transfer_batch_release(&batch);
    return done ? (long)done : status;
}

long block_transfer_read(struct block_device *device, uint64_t user, size_t bytes, uint64_t *position)
{
    return block_transfer(device, user, bytes, position, block_transfer_batch_read);
}

long block_transfer_write(struct block_device *device, uint64_t user, size_t bytes, uint64_t *position)
{
    return block_transfer(device, user, bytes, position, block_transfer_batch_write);
}

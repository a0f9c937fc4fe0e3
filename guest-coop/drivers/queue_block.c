/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VIRTIO 1.2, section 5.2. The pieces of one call become requests, each in a slot of its own, and one kick; whoever
 * waits looks first, since a device may be done when the kick returns, and asks for an event only when it is not.
 */
#include "drivers/queue_block.h"
#include "drivers/block.h"
#include "drivers/queue.h"
#include "drivers/upcall.h"
#include "fs/linux_abi.h"
#include "kernel/errno.h"
#include "kernel/log.h"
#include "kernel/wait.h"
#include "memory/frame.h"

#define QUEUE_BLOCK_DISKS   2u
#define QUEUE_BLOCK_DEPTH   32u
#define QUEUE_BLOCK_BUFFERS 3u /* header, data, status */
#define QUEUE_BLOCK_ENTRIES 128u

#define QUEUE_BLOCK_F_RO    (1ull << 5)
#define QUEUE_BLOCK_F_FLUSH (1ull << 9)
#define QUEUE_BLOCK_IN      0u
#define QUEUE_BLOCK_OUT     1u
#define QUEUE_BLOCK_FLUSH   4u
#define QUEUE_BLOCK_OK      0u

/* What the device reads and writes besides the data: 5.2.6. */
struct queue_block_request {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
    uint8_t status;
};
#define QUEUE_BLOCK_HEADER_BYTES 16u

/* A call's requests that are not yet complete. */
struct queue_block_wait {
    unsigned left;
    int status;
    unsigned looks; /* while a signal keeps it from sleeping */
};

struct queue_block {
    struct block_device block; /* first: the two are converted by a cast */
    uint64_t features;
    struct queue queue;
    coop_paddr requests_frame; /* a struct queue_block_request for each slot */
    struct queue_block_request *requests;
    struct queue_block_wait *waits[QUEUE_BLOCK_DEPTH]; /* by slot: whose it is; NULL: free */
    unsigned slots_free;
    struct wait_queue changed; /* requests completed */
};

static struct queue_block queue_blocks[QUEUE_BLOCK_DISKS];

/* The token of a request is its place in `waits`. Whoever sleeps looks again: what completed may be his, a slot is
 * free, and the event he asked for may have been taken back. */
static void queue_block_reap(struct queue_block *disk)
{
    uint32_t bytes;
    bool reaped = false;
    for (struct queue_block_wait **slot; (slot = virtqueue_take(&disk->queue.ring, &bytes)); reaped = true) {
        if (disk->requests[slot - disk->waits].status != QUEUE_BLOCK_OK)
            (*slot)->status = -EIO;
        (*slot)->left--;
        *slot = NULL;
        disk->slots_free++;
    }
    if (reaped && disk->changed.first)
        wait_queue_wake(&disk->changed);
}

static void queue_block_event(void)
{
    for (unsigned i = 0; i < QUEUE_BLOCK_DISKS; i++)
        if (queue_blocks[i].block.sectors)
            wait_queue_wake(&queue_blocks[i].changed);
}

/* Sleeps until `count` more requests have completed, or something else is worth a look; polls when a signal keeps it
 * from sleeping, since what was given to the device must be finished. False: the device is broken. */
static bool queue_block_sleep(struct queue_block *disk, struct queue_block_wait *wait, unsigned count)
{
    if (disk->queue.ring.broken)
        return false;
    if (virtqueue_events_on(&disk->queue.ring, count)) {
        int status = wait_queue_sleep(&disk->changed, WAIT_FOREVER);
        if (status == -ERESTARTSYS && !queue_patience(&wait->looks))
            return false;
    }
    virtqueue_events_off(&disk->queue.ring);
    queue_block_reap(disk);
    return !disk->queue.ring.broken;
}

/* Fills a free slot. */
static void queue_block_add(struct queue_block *disk, uint32_t type, const struct block_piece *piece,
                            struct queue_block_wait *wait)
{
    unsigned slot = 0;
    while (disk->waits[slot])
        slot++;
    struct queue_block_request *request = &disk->requests[slot];
    coop_paddr address = disk->requests_frame + slot * sizeof(*request);
    bool reads = type == QUEUE_BLOCK_IN;
    *request = (struct queue_block_request){.type = type, .sector = piece ? piece->sector : 0, .status = 0xff};
    struct virtqueue_buffer buffers[QUEUE_BLOCK_BUFFERS] = {{address, QUEUE_BLOCK_HEADER_BYTES, false}};
    unsigned count = 1;
    if (piece)
        buffers[count++] = (struct virtqueue_buffer){frame_of(piece->memory), piece->count * BLOCK_SECTOR_BYTES, reads};
    buffers[count++] = (struct virtqueue_buffer){address + offsetof(struct queue_block_request, status), 1, true};
    if (!virtqueue_add(&disk->queue.ring, buffers, count, &disk->waits[slot])) {
        wait->status = -EIO;
        return;
    }
    disk->waits[slot] = wait;
    disk->slots_free--;
    wait->left++;
}

/* 0 or -EIO, when all have completed. */
static int queue_block_finish(struct queue_block *disk, struct queue_block_wait *wait)
{
    queue_send(&disk->queue);
    queue_block_reap(disk);
    while (wait->left)
        if (!queue_block_sleep(disk, wait, wait->left))
            break;
    if (!wait->left)
        return wait->status;
    /* Nobody will come back to these requests. */
    for (unsigned slot = 0; slot < QUEUE_BLOCK_DEPTH; slot++)
        if (disk->waits[slot] == wait)
            disk->waits[slot] = NULL;
    disk->queue.ring.broken = true;
    return -EIO;
}

/* Adds a request as soon as a slot is free. */
static void queue_block_request(struct queue_block *disk, uint32_t type, const struct block_piece *piece,
                                struct queue_block_wait *wait)
{
    if (!disk->slots_free)
        queue_send(&disk->queue);
    while (!disk->slots_free && queue_block_sleep(disk, wait, 1))
        ;
    if (disk->slots_free)
        queue_block_add(disk, type, piece, wait);
    else
        wait->status = -EIO;
}

static int queue_block_move(struct block_device *block, bool writing, const struct block_piece *pieces, unsigned count)
{
    struct queue_block *disk = (struct queue_block *)block;
    struct queue_block_wait wait = {0, 0, 0};

    if (writing && disk->features & QUEUE_BLOCK_F_RO)
        return -EROFS;
    for (unsigned i = 0; i < count; i++) {
        if (pieces[i].sector + pieces[i].count > block->sectors)
            wait.status = -EIO;
        else
            queue_block_request(disk, writing ? QUEUE_BLOCK_OUT : QUEUE_BLOCK_IN, &pieces[i], &wait);
    }
    return queue_block_finish(disk, &wait);
}

static int queue_block_read(struct block_device *block, uint64_t sector, void *to, unsigned count)
{
    return queue_block_move(block, false, &(struct block_piece){sector, to, count}, 1);
}

static int queue_block_write(struct block_device *block, uint64_t sector, const void *from, unsigned count)
{
    return queue_block_move(block, true, &(struct block_piece){sector, (void *)from, count}, 1);
}

static int queue_block_flush(struct block_device *block)
{
    struct queue_block *disk = (struct queue_block *)block;
    struct queue_block_wait wait = {0, 0, 0};

    if (!(disk->features & QUEUE_BLOCK_F_FLUSH))
        return 0;
    queue_block_request(disk, QUEUE_BLOCK_FLUSH, NULL, &wait);
    return queue_block_finish(disk, &wait);
}

static int queue_block_start_disk(struct queue_block *disk, unsigned device)
{
    const struct coop_device *info = queue_device(device);

    disk->requests_frame = frame_allocate();
    if (!disk->requests_frame)
        return -ENOMEM;
    int status = queue_open(&disk->queue, device, 0, QUEUE_BLOCK_ENTRIES);
    if (status)
        return status;
    disk->requests = frame_address(disk->requests_frame);
    disk->features = info->features;
    disk->slots_free = disk->queue.ring.entries / QUEUE_BLOCK_BUFFERS;
    if (disk->slots_free > QUEUE_BLOCK_DEPTH)
        disk->slots_free = QUEUE_BLOCK_DEPTH;
    if (disk->slots_free == 0)
        return -EIO;
    disk->block.sectors = info->config;
    disk->block.is_read_only = disk->features & QUEUE_BLOCK_F_RO;
    disk->block.read = queue_block_read;
    disk->block.write = queue_block_write;
    disk->block.flush = queue_block_flush;
    disk->block.move = queue_block_move;
    disk->block.depth = QUEUE_BLOCK_DEPTH;
    upcall_register(info->event, queue_block_event);
    return block_register(&disk->block);
}

void queue_block_start(void)
{
    static const char *const names[QUEUE_BLOCK_DISKS] = {"hda", "hdb"};

    for (unsigned i = 0; i < QUEUE_BLOCK_DISKS; i++) {
        int device = queue_device_find(COOP_DEVICE_BLOCK, i);
        if (device < 0)
            continue;
        queue_blocks[i].block.name = names[i];
        queue_blocks[i].block.number = ABI_DEVICE(3, 64 * i);
        queue_blocks[i].block.partitions_number = ABI_DEVICE(3, 64 * i);
        int status = queue_block_start_disk(&queue_blocks[i], (unsigned)device);
        if (status)
            log_line(LOG_WARNING, "disk %s cannot be used: error %d", names[i], -status);
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The block device over an image in memory: VIRTIO 1.2, section 5.2. A request is complete when the kick that brought
 * it is; a flush has nothing left to do.
 */
#include "io/queue/queue_device.h"
#include <coopvirt/mutation.h>

#define BLOCK_SECTOR_BYTES  512u
#define BLOCK_FEATURE_FLUSH (1ull << 9) /* VIRTIO_BLK_F_FLUSH */

/* 5.2.6, "Device Operation" */
#define BLOCK_IN     0u
#define BLOCK_OUT    1u
#define BLOCK_FLUSH  4u
#define BLOCK_GET_ID 8u

#define BLOCK_STATUS_OK          0u
#define BLOCK_STATUS_ERROR       1u
#define BLOCK_STATUS_UNSUPPORTED 2u

#define BLOCK_ID_BYTES 20u

struct block_header {
    uint32_t type;     /* 0 */
    uint32_t reserved; /* 4 */
    uint64_t sector;   /* 8 */
};
_Static_assert(sizeof(struct block_header) == 16, "layout of the specification");

/* Where a transfer lies in the image; NULL where it does not. */
static uint8_t *block_find(const struct queue_device *device, uint64_t sector, uint32_t bytes)
{
    uint64_t count = bytes / BLOCK_SECTOR_BYTES;
    if (bytes % BLOCK_SECTOR_BYTES)
        return 0;
    if (!MUTATED(queue_block_bound) && (sector > device->disk.sectors || count > device->disk.sectors - sector))
        return 0;
    return device->disk.bytes + sector * BLOCK_SECTOR_BYTES;
}

/* Carries a request out, `writable` bytes of data space before its status byte. *done: bytes written there. */
static uint8_t block_carry_out(struct queue_device *device, const struct block_header *header, uint32_t writable,
                               uint32_t *done)
{
    static const char id[BLOCK_ID_BYTES] = "coopvirt-disk";
    struct queue *queue = &device->queues[0];
    const struct queue_chain *chain = &device->chain;
    uint32_t readable = chain->read_bytes - (uint32_t)sizeof(*header);
    uint8_t *image;

    switch (header->type) {
    case BLOCK_IN:
        image = block_find(device, header->sector, writable);
        if (!image || !queue_write(queue, chain, 0, image, writable))
            return BLOCK_STATUS_ERROR;
        *done = writable;
        return BLOCK_STATUS_OK;
    case BLOCK_OUT:
        image = block_find(device, header->sector, readable);
        return image && queue_read(queue, chain, sizeof(*header), image, readable) ? BLOCK_STATUS_OK
                                                                                   : BLOCK_STATUS_ERROR;
    case BLOCK_FLUSH:
        return BLOCK_STATUS_OK;
    case BLOCK_GET_ID:
        *done = writable < BLOCK_ID_BYTES ? writable : BLOCK_ID_BYTES;
        return queue_write(queue, chain, 0, id, *done) ? BLOCK_STATUS_OK : BLOCK_STATUS_ERROR;
    default:
        return BLOCK_STATUS_UNSUPPORTED;
    }
}

static void block_serve(struct queue_device *device, unsigned queue_number)
{
    struct queue *queue = &device->queues[queue_number];
    while (queue_device_take(device, queue_number)) {
        const struct queue_chain *chain = &device->chain;
        struct block_header header;
        uint32_t done = 0;
        if (!chain->write_bytes)
            queue_break(queue, "a request has no room for its status");
        if (queue->broken || !queue_read(queue, chain, 0, &header, sizeof(header)))
            return;
        uint32_t writable = chain->write_bytes - 1;
        uint8_t status = block_carry_out(device, &header, writable, &done);
        if (queue->broken || !queue_write(queue, chain, writable, &status, 1))
            return;
        queue_device_give(device, queue_number, done + 1);
    }
}

const struct queue_kind queue_block = {"block", COOP_DEVICE_BLOCK, 1, BLOCK_FEATURE_FLUSH, 0, block_serve};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A queue lies in two frames: its descriptors, and its rings with the structure that describes it.
 */
#include "drivers/queue.h"
#include "kernel/errno.h"
#include "kernel/log.h"
#include "memory/frame.h"
#include "pv/hypercall.h"
#include "pv/pv.h"

#define DESCRIPTION_OFFSET 3584u /* in the second frame, behind the rings */
#define PATIENCE           10000000u

_Static_assert(VIRTQUEUE_MOST * sizeof(struct virtqueue_descriptor) <= FRAME_BYTES, "descriptors");
_Static_assert(VIRTQUEUE_AVAILABLE + 6 + 2 * VIRTQUEUE_MOST <= VIRTQUEUE_USED, "available ring");
_Static_assert(VIRTQUEUE_USED + 6 + 8 * VIRTQUEUE_MOST <= DESCRIPTION_OFFSET, "used ring");

const struct coop_device *queue_device(unsigned device)
{
    return &pv_machine.start_info->devices[device];
}

int queue_device_find(unsigned type, unsigned index)
{
    for (unsigned i = 0; i < pv_machine.start_info->device_count && i < COOP_DEVICES; i++)
        if (queue_device(i)->type == type && queue_device(i)->index == index)
            return (int)i;
    return -1;
}

int queue_open(struct queue *queue, unsigned device, unsigned number, unsigned entries)
{
    const struct coop_device *info = queue_device(device);
    coop_paddr descriptors = frame_allocate_zeroed(), rings = frame_allocate_zeroed();
    if (!descriptors || !rings)
        return -ENOMEM;
    while (entries > info->queue_most)
        entries /= 2;
    if (entries == 0)
        return -EIO;
    queue->device = device;
    queue->number = number;
    virtqueue_start(&queue->ring, frame_address(descriptors), frame_address(rings), entries,
                    info->features & VIRTIO_F_RING_EVENT_IDX);
    struct coop_queue *description = (void *)((uint8_t *)frame_address(rings) + DESCRIPTION_OFFSET);
    *description = (struct coop_queue){.size = sizeof(*description),
                                       .entries = entries,
                                       .descriptors = descriptors,
                                       .available = rings + VIRTQUEUE_AVAILABLE,
                                       .used = rings + VIRTQUEUE_USED};
    int64_t status = hypercall(COOP_HYPERCALL_QUEUE, device, number, rings + DESCRIPTION_OFFSET);
    if (status == 0)
        return 0;
    log_line(LOG_WARNING, "device %u, queue %u: the hypervisor refuses it: error %ld", device, number, -status);
    return -EIO;
}

void queue_send(struct queue *queue)
{
    if (virtqueue_publish(&queue->ring))
        hypercall(COOP_HYPERCALL_KICK, queue->device, queue->number, 0);
}

bool queue_patience(unsigned *looks)
{
    if (++*looks > PATIENCE)
        return false;
    hypercall(COOP_HYPERCALL_YIELD, 0, 0, 0);
    return true;
}

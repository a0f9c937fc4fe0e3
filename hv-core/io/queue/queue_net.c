/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network device: VIRTIO 1.2, section 5.1, with a MAC address and no offloads. Frames go to the switch and come
 * from there; one that finds no buffer waits there.
 */
#include "io/queue/queue_device.h"
#include "io/queue/queue_switch.h"
#include <coopvirt/string.h>

#define NET_RECEIVE     0u
#define NET_FEATURE_MAC (1ull << 5) /* VIRTIO_NET_F_MAC */

/* 5.1.6, "Device Operation": before each frame, zero but for num_buffers of a received one. */
struct net_header {
    uint8_t flags, segmentation;              /* 0 */
    uint16_t header_bytes, segment_bytes;     /* 2 */
    uint16_t checksum_start, checksum_offset; /* 6 */
    uint16_t buffers;                         /* 10 */
};
_Static_assert(sizeof(struct net_header) == 12, "layout of the specification");

/* What is no Ethernet frame is taken and lost. */
static void net_transmit(struct queue_device *device)
{
    uint8_t frame[QUEUE_SWITCH_FRAME_MOST];
    while (queue_device_take(device, 1)) {
        const struct queue_chain *chain = &device->chain;
        uint32_t bytes = chain->read_bytes - (uint32_t)sizeof(struct net_header);
        if (chain->read_bytes >= sizeof(struct net_header) + QUEUE_SWITCH_FRAME_LEAST && bytes <= sizeof(frame)) {
            if (!queue_read(&device->queues[1], chain, sizeof(struct net_header), frame, bytes))
                return;
            device->world->frame_send(device->world->context, frame, bytes);
        }
        queue_device_give(device, 1, 0);
    }
}

/* A buffer that is too small for the frame comes back empty. */
static void net_receive(struct queue_device *device)
{
    uint8_t frame[sizeof(struct net_header) + QUEUE_SWITCH_FRAME_MOST];
    const struct net_header header = {.buffers = 1};
    size_t bytes;
    memcpy(frame, &header, sizeof(header));
    while (queue_device_has(device, NET_RECEIVE) &&
           (bytes = device->world->frame_receive(device->world->context, frame + sizeof(header)))) {
        if (!queue_device_take(device, NET_RECEIVE))
            return;
        uint32_t done = (uint32_t)(sizeof(header) + bytes);
        if (device->chain.write_bytes < done)
            done = 0;
        if (!queue_write(&device->queues[NET_RECEIVE], &device->chain, 0, frame, done))
            return;
        queue_device_give(device, NET_RECEIVE, done);
    }
}

static void net_serve(struct queue_device *device, unsigned queue)
{
    if (queue == NET_RECEIVE)
        net_receive(device);
    else
        net_transmit(device);
}

const struct queue_kind queue_net = {"net", COOP_DEVICE_NET, 2, NET_FEATURE_MAC, 1u << NET_RECEIVE, net_serve};

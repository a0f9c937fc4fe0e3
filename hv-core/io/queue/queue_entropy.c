/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entropy device: VIRTIO 1.2, section 5.4. Where the bytes come from is the world's affair (core/entropy.c).
 */
#include "io/queue/queue_device.h"

#define ENTROPY_REQUEST_MOST 256u /* bytes given for one request: 5.4.6 lets a device give fewer than asked for */

static void entropy_serve(struct queue_device *device, unsigned queue)
{
    while (queue_device_take(device, queue)) {
        uint64_t words[ENTROPY_REQUEST_MOST / 8];
        uint32_t bytes = device->chain.write_bytes < sizeof(words) ? device->chain.write_bytes : sizeof(words);
        for (unsigned i = 0; i < (bytes + 7) / 8; i++)
            words[i] = device->world->random(device->world->context);
        if (!queue_write(&device->queues[queue], &device->chain, 0, words, bytes))
            return;
        queue_device_give(device, queue, bytes);
    }
}

const struct queue_kind queue_entropy = {"entropy", COOP_DEVICE_ENTROPY, 1, 0, 0, entropy_serve};

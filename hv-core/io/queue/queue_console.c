/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console device: VIRTIO 1.2, section 5.3, without multiport. Queue 0 brings typed text, queue 1 takes what the
 * guest writes.
 */
#include "io/queue/queue_device.h"

#define CONSOLE_RECEIVE 0u

static void console_transmit(struct queue_device *device)
{
    char bytes[256];
    while (queue_device_take(device, 1)) {
        struct queue *queue = &device->queues[1];
        const struct queue_chain *chain = &device->chain;
        for (uint32_t at = 0; at < chain->read_bytes;) {
            uint32_t here = chain->read_bytes - at < sizeof(bytes) ? chain->read_bytes - at : sizeof(bytes);
            if (!queue_read(queue, chain, at, bytes, here))
                return;
            device->world->console_write(device->world->context, device->index, bytes, here);
            at += here;
        }
        queue_device_give(device, 1, 0);
    }
}

/* The bytes that wait and lie together in the ring, as many as `most`. */
static uint32_t console_waiting(const struct queue_device *device, uint32_t most)
{
    unsigned first = device->input.first % QUEUE_INPUT_BYTES;
    uint32_t count = device->input.end - device->input.first;
    if (count > QUEUE_INPUT_BYTES - first)
        count = QUEUE_INPUT_BYTES - first;
    return count < most ? count : most;
}

static void console_receive(struct queue_device *device)
{
    while (device->input.first != device->input.end && queue_device_take(device, CONSOLE_RECEIVE)) {
        uint32_t done = 0, here;
        while ((here = console_waiting(device, device->chain.write_bytes - done))) {
            const uint8_t *from = &device->input.bytes[device->input.first % QUEUE_INPUT_BYTES];
            if (!queue_write(&device->queues[CONSOLE_RECEIVE], &device->chain, done, from, here))
                return;
            device->input.first += here;
            done += here;
        }
        queue_device_give(device, CONSOLE_RECEIVE, done);
    }
}

static void console_serve(struct queue_device *device, unsigned queue)
{
    if (queue == CONSOLE_RECEIVE)
        console_receive(device);
    else
        console_transmit(device);
}

const struct queue_kind queue_console = {"console", COOP_DEVICE_CONSOLE, 2, 0, 1u << CONSOLE_RECEIVE, console_serve};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside io/queue: what every device of a VM is, what it asks of the world, and the one function that each kind brings.
 */
#ifndef IO_QUEUE_QUEUE_DEVICE_H
#define IO_QUEUE_QUEUE_DEVICE_H

#include "io/queue/queue.h"
#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUEUE_DEVICE_QUEUES 2
#define QUEUE_INPUT_BYTES   256u /* of typed text that waits for a buffer; a power of two */

/* What is outside of the devices. Called with the VM's lock held; none may call back. */
struct queue_world {
    void *context;
    struct queue_memory memory;
    void (*console_write)(void *context, unsigned line, const char *bytes, size_t count); /* 0 console, 1 log */
    bool (*raise)(void *context, unsigned event); /* whether an upcall became due by it */
    uint64_t (*random)(void *context);
    void (*frame_send)(void *context, const uint8_t *frame, size_t bytes);
    size_t (*frame_receive)(void *context, uint8_t *frame); /* 0: none waits */
};

/* Requests: chains given back. Kicks: by the guest. Events: told to the guest; upcalls: of them, those that interrupt.
 */
struct queue_counts {
    uint64_t requests, kicks, events, upcalls;
};

struct queue_device;

/* Handles what is there of one queue, as long as the budget lasts. */
typedef void queue_serve(struct queue_device *device, unsigned queue);

struct queue_kind {
    const char *name;
    uint16_t type, queues; /* COOP_DEVICE_ */
    uint64_t features;
    uint16_t fed; /* mask of the queues whose buffers wait for something from outside */
    queue_serve *serve;
};

struct queue_device {
    const struct queue_kind *kind; /* NULL: there is no such device */
    const struct queue_world *world;
    uint16_t index; /* among its kind */
    uint16_t event;
    uint64_t config;
    struct queue queues[QUEUE_DEVICE_QUEUES];
    struct queue_counts counts;
    uint32_t budget;          /* bytes that may still be moved before others get their turn */
    uint32_t unfinished;      /* mask of queues for which it was used up */
    struct queue_chain chain; /* in work */
    union {
        struct {
            uint8_t bytes[QUEUE_INPUT_BYTES];
            unsigned first, end; /* count up; modulo QUEUE_INPUT_BYTES */
        } input;
        struct {
            uint8_t *bytes;
            uint64_t sectors;
        } disk;
    };
};

extern const struct queue_kind queue_console, queue_block, queue_net, queue_entropy;

/* Whether there is a request, and the budget allows to take it. */
bool queue_device_has(struct queue_device *device, unsigned queue);

/* Takes it into device->chain. False: there is none, or it is broken. */
bool queue_device_take(struct queue_device *device, unsigned queue);

/* It is done. */
void queue_device_give(struct queue_device *device, unsigned queue, uint32_t written);

#endif

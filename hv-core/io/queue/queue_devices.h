/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All queue devices of a VM, as the io service (core/io_queue.c) and its hypercalls see them. Pure.
 */
#ifndef IO_QUEUE_QUEUE_DEVICES_H
#define IO_QUEUE_QUEUE_DEVICES_H

#include "io/queue/queue_device.h"

#define QUEUE_DEVICES 5u

struct queue_devices {
    struct queue_world world;
    struct queue_device devices[QUEUE_DEVICES]; /* as start-info lists them; a VM without disk has one less */
    unsigned count;
};

struct queue_devices_config {
    unsigned port; /* on the switch: the VM's number */
    uint8_t *disk; /* image, or NULL for no disk */
    uint64_t disk_bytes;
};

void queue_devices_create(struct queue_devices *devices, const struct queue_devices_config *config,
                          const struct queue_world *world);

/* Gives all memory back that queues hold. */
void queue_devices_destroy(struct queue_devices *devices);

/* Adds the devices to a start-info. */
void queue_devices_describe(const struct queue_devices *devices, struct coop_start_info *info);

/* Takes a queue into service, or with NULL out of it. 0, -EINVAL, -EFAULT. */
int queue_devices_set(struct queue_devices *devices, uint64_t number, uint64_t queue, const struct coop_queue *shape);

/* There are new buffers. 0, -EINVAL: no such queue. */
int queue_devices_kick(struct queue_devices *devices, uint64_t number, uint64_t queue);

/* Brings input and frames to buffers that wait for them, and goes on where a budget was used up. */
void queue_devices_serve(struct queue_devices *devices);

/* Whether serve() has to be called again, after others have had their turn. */
bool queue_devices_is_unfinished(const struct queue_devices *devices);

/* A byte typed at the console; false when there is no room for it. */
bool queue_devices_input(struct queue_devices *devices, uint8_t byte);

/* Why the VM cannot go on: what was wrong with a queue; NULL: nothing. */
const char *queue_devices_broken(const struct queue_devices *devices);

#endif

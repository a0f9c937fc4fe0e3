/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtqueues of this hypervisor: memory from frames, set up and kicked by hypercalls (include/coopvirt/abi.h, struct
 * coop_device). The drivers of its devices stand on this.
 */
#ifndef DRIVERS_QUEUE_H
#define DRIVERS_QUEUE_H

#include "drivers/virtqueue.h"

struct queue {
    struct virtqueue ring;
    unsigned device, number; /* in start-info's list, and of its queues */
};

/* The index in start-info's list of the device of that type and index; -1: there is none. */
int queue_device_find(unsigned type, unsigned index);
const struct coop_device *queue_device(unsigned device);

/* Sets up a queue of up to `entries` and tells the hypervisor: 0, -ENOMEM, or -EIO when it refuses. */
int queue_open(struct queue *queue, unsigned device, unsigned number, unsigned entries);

/* Shows the device what was added, with a kick only when it asks for one. */
void queue_send(struct queue *queue);

/* A look at a device that does not answer: lets it run. False when it has been looked at too often (*looks counts). */
bool queue_patience(unsigned *looks);

#endif

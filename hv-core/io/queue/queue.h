/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The split virtqueue of VIRTIO 1.2, section 2.7, from the device's side, without a transport: takes chains of buffers
 * that the driver has made available, and gives them back used. Of what is offered, everything is VIRTIO_F_VERSION_1
 * and VIRTIO_F_RING_EVENT_IDX. Rings and buffers are the driver's to write: every word of them is read once, and what
 * cannot be right breaks the queue. Pure; guest memory is passed in.
 */
#ifndef IO_QUEUE_QUEUE_H
#define IO_QUEUE_QUEUE_H

#include "io/queue/queue_ring.h"
#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stdint.h>

#define QUEUE_ENTRIES_MOST 256u
#define QUEUE_CHAIN_MOST   COOP_QUEUE_CHAIN_MOST
#define QUEUE_BYTES_MOST   COOP_QUEUE_BYTES_MOST /* in one chain */

/* The guest's memory as devices see it; see struct mmu_backend. */
struct queue_memory {
    void *context;
    void *(*hold)(void *context, coop_paddr address, uint64_t bytes, bool is_write);
    void (*release)(void *context, coop_paddr address, uint64_t bytes, bool is_write);
    void (*written)(void *context, coop_paddr address, uint64_t bytes);
};

struct queue {
    const struct queue_memory *memory;
    const char *broken; /* what was wrong with it; NULL: nothing */
    struct coop_queue shape;
    const struct queue_descriptor *descriptors; /* the hypervisor's views, held; NULL: there is no queue */
    struct queue_available *available;
    struct queue_used *used;
    uint16_t entries;
    uint16_t next_available; /* the driver's index up to which chains have been taken, */
    uint16_t next_used;      /* and ours up to which they have been given back, */
    uint16_t announced_used; /* and that of the last look whether the driver wants an event */
};

struct queue_segment {
    coop_paddr address;
    uint32_t bytes;
};

/* Buffers of one request: first those that the device reads, then those that it writes. */
struct queue_chain {
    uint16_t head;
    uint16_t count, readable; /* segments; how many of them are read */
    uint32_t read_bytes, write_bytes;
    struct queue_segment segments[QUEUE_CHAIN_MOST];
};

/* Takes a queue into service: empty, indexes 0. 0, -EINVAL for a shape that cannot be, -EFAULT for memory that is not
 * the VM's or not contiguous. `most`: entries. */
int queue_start(struct queue *queue, const struct queue_memory *memory, const struct coop_queue *shape, unsigned most);

/* Gives its memory back. */
void queue_stop(struct queue *queue);

static inline bool queue_is_started(const struct queue *queue)
{
    return queue->descriptors;
}

/* Whether the driver has made more available than was taken. */
bool queue_has_chain(const struct queue *queue);

/* Takes the next chain. False: there is none, or the queue is broken. */
bool queue_take(struct queue *queue, struct queue_chain *chain);

/* Gives a chain back, `bytes` of its writable part written. */
void queue_give(struct queue *queue, const struct queue_chain *chain, uint32_t bytes);

/* After the last chain was taken: asks to be told of the next. True when there is one already: go on taking. */
bool queue_rearm(struct queue *queue);

/* Whether the driver wants an event for what was given back since the last call. */
bool queue_wants_event(struct queue *queue);

/* Copies `bytes` from the readable part of a chain, or to its writable part, from an offset on.
 * False, and the queue is broken: the chain is shorter, or a buffer is not the VM's memory. */
bool queue_read(struct queue *queue, const struct queue_chain *chain, uint32_t offset, void *to, uint32_t bytes);
bool queue_write(struct queue *queue, const struct queue_chain *chain, uint32_t offset, const void *from,
                 uint32_t bytes);

/* The queue cannot go on. The first reason counts. */
void queue_break(struct queue *queue, const char *reason);

#endif

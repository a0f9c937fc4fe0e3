/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The driver's side of a split virtqueue: VIRTIO 1.2, section 2.7. Pure: memory and addresses come from the caller, who
 * also kicks and sleeps. What the device writes is checked; a device that breaks the rules ends the queue's life, not
 * the kernel's. A request is a chain of buffers, known by the caller's token until its completion is taken.
 */
#ifndef DRIVERS_VIRTQUEUE_H
#define DRIVERS_VIRTQUEUE_H

#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIRTQUEUE_MOST 256u /* entries; so many fit into VIRTQUEUE_FRAMES frames */

#define VIRTIO_F_RING_EVENT_IDX (1ull << 29)

/* 2.7.5 */
struct virtqueue_descriptor {
    uint64_t address;
    uint32_t bytes;
    uint16_t flags;
    uint16_t next;
};
#define VIRTQUEUE_NEXT  1u
#define VIRTQUEUE_WRITE 2u

/* 2.7.8 */
struct virtqueue_used_element {
    uint32_t id;
    uint32_t bytes;
};

/* Where the rings lie in the second of a queue's two frames; the descriptors fill the first. */
#define VIRTQUEUE_FRAMES    2u
#define VIRTQUEUE_AVAILABLE 0u
#define VIRTQUEUE_USED      1024u

struct virtqueue {
    /* constant after virtqueue_start */
    unsigned entries;
    bool event_index;
    struct virtqueue_descriptor *descriptors;
    uint16_t *available; /* flags, index, ring, used_event */
    uint16_t *used;      /* flags, index, ring of elements, avail_event */

    /* the caller's only */
    bool broken; /* the device broke the rules: nothing is added or taken any more */
    uint16_t free_first, free_count;
    uint16_t added;     /* available index, with what is not yet published */
    uint16_t published; /* what the device has been shown */
    uint16_t taken;     /* used index up to which completions have been taken */
    unsigned in_flight; /* requests */
    uint64_t requests, kicks;
    uint16_t next[VIRTQUEUE_MOST]; /* descriptor behind descriptor, in chains and in the free list */
    struct virtqueue_chain {
        void *token;   /* NULL: no request begins here */
        uint32_t room; /* bytes that the device may write */
        uint16_t count, last;
    } chains[VIRTQUEUE_MOST]; /* by first descriptor */
};

struct virtqueue_buffer {
    coop_paddr address;
    uint32_t bytes;
    bool device_writes;
};

/* A queue of `entries` (a power of two, at most VIRTQUEUE_MOST) in two zeroed frames, which need not be neighbours. */
void virtqueue_start(struct virtqueue *queue, void *descriptors, void *rings, unsigned entries, bool event_index);

/* Adds a request; false: no room, or broken. The device sees it with the next virtqueue_publish. Buffers that the
 * device reads come first. */
bool virtqueue_add(struct virtqueue *queue, const struct virtqueue_buffer *buffers, unsigned count, void *token);

/* Shows the device all that was added; true when it wants to be kicked for it. */
bool virtqueue_publish(struct virtqueue *queue);

/* The token of the next completed request, NULL when there is none; *bytes = how many the device says it wrote, never
 * more than the request's buffers hold. */
void *virtqueue_take(struct virtqueue *queue, uint32_t *bytes);

/* No event for completions until virtqueue_events_on: an event when `count` more requests have completed; false when
 * they already have, and none will come. */
void virtqueue_events_off(struct virtqueue *queue);
bool virtqueue_events_on(struct virtqueue *queue, unsigned count);

#endif

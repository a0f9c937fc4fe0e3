/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layout of a split virtqueue in memory, little-endian. VIRTIO 1.2, sections 2.7.5 to 2.7.8 and Appendix A.
 */
#ifndef IO_QUEUE_QUEUE_RING_H
#define IO_QUEUE_QUEUE_RING_H

#include <stddef.h>
#include <stdint.h>

#define QUEUE_FEATURE_EVENT_INDEX (1ull << 29) /* VIRTIO_F_RING_EVENT_IDX */
#define QUEUE_FEATURE_VERSION_1   (1ull << 32) /* VIRTIO_F_VERSION_1 */

/* 2.7.5, "The Virtqueue Descriptor Table" */
#define QUEUE_DESCRIPTOR_NEXT     1u
#define QUEUE_DESCRIPTOR_WRITE    2u
#define QUEUE_DESCRIPTOR_INDIRECT 4u

struct queue_descriptor {
    uint64_t address; /* 0 */
    uint32_t bytes;   /* 8 */
    uint16_t flags;   /* 12 */
    uint16_t next;    /* 14 */
};
_Static_assert(sizeof(struct queue_descriptor) == 16, "layout of the specification");

/* 2.7.6, "The Virtqueue Available Ring". Behind `ring` stands used_event (2.7.7). */
struct queue_available {
    uint16_t flags;  /* 0: not used with event indexes */
    uint16_t index;  /* 2 */
    uint16_t ring[]; /* 4 */
};
_Static_assert(offsetof(struct queue_available, ring) == 4, "layout of the specification");

/* 2.7.8, "The Virtqueue Used Ring". Behind `ring` stands avail_event (2.7.10). */
struct queue_used_element {
    uint32_t head;  /* 0 */
    uint32_t bytes; /* 4 */
};

struct queue_used {
    uint16_t flags;                   /* 0 */
    uint16_t index;                   /* 2 */
    struct queue_used_element ring[]; /* 4 */
};
_Static_assert(offsetof(struct queue_used, ring) == 4, "layout of the specification");

#define QUEUE_DESCRIPTORS_BYTES(entries) ((entries)*16ul)
#define QUEUE_AVAILABLE_BYTES(entries)   (6ul + 2ul * (entries))
#define QUEUE_USED_BYTES(entries)        (6ul + 8ul * (entries))

#endif

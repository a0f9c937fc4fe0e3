/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the device could change is written here and never read back: free descriptors and chains are known from memory
 * of the driver's own. The two indexes that the device tells are read once, and bounded by what is in flight.
 */
#include "drivers/virtqueue.h"

#define FLAG_NO_EVENT 1u /* 2.7.7 and 2.7.10: VIRTQ_AVAIL_F_NO_INTERRUPT, VIRTQ_USED_F_NO_NOTIFY */

/* The rings in 16-bit words */
#define RING_FLAGS 0
#define RING_INDEX 1
#define RING_FIRST 2

static uint16_t virtqueue_load(const uint16_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}
static void virtqueue_store(uint16_t *word, uint16_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/* 2.7.7.1: behind the available ring the driver says at which used index it wants an event. */
static uint16_t *virtqueue_used_event(const struct virtqueue *queue)
{
    return &queue->available[RING_FIRST + queue->entries];
}

/* 2.7.10: behind the used ring the device says at which available index it wants a kick. */
static const uint16_t *virtqueue_available_event(const struct virtqueue *queue)
{
    return &queue->used[RING_FIRST + queue->entries * (sizeof(struct virtqueue_used_element) / sizeof(uint16_t))];
}

void virtqueue_start(struct virtqueue *queue, void *descriptors, void *rings, unsigned entries, bool event_index)
{
    *queue = (struct virtqueue){.entries = entries, .event_index = event_index, .descriptors = descriptors};
    queue->available = (uint16_t *)((uint8_t *)rings + VIRTQUEUE_AVAILABLE);
    queue->used = (uint16_t *)((uint8_t *)rings + VIRTQUEUE_USED);
    for (unsigned i = 0; i < entries; i++)
        queue->next[i] = (uint16_t)(i + 1);
    queue->free_count = (uint16_t)entries;
    virtqueue_events_off(queue);
}

bool virtqueue_add(struct virtqueue *queue, const struct virtqueue_buffer *buffers, unsigned count, void *token)
{
    if (queue->broken || count == 0 || count > queue->free_count)
        return false;
    uint16_t head = queue->free_first, at = head;
    struct virtqueue_chain chain = {token, 0, (uint16_t)count, head};
    for (unsigned i = 0; i < count; i++) {
        uint32_t flags = (i + 1 < count ? VIRTQUEUE_NEXT : 0) | (buffers[i].device_writes ? VIRTQUEUE_WRITE : 0);
        queue->descriptors[at] =
            (struct virtqueue_descriptor){buffers[i].address, buffers[i].bytes, (uint16_t)flags, queue->next[at]};
        chain.room += buffers[i].device_writes ? buffers[i].bytes : 0;
        chain.last = at;
        at = queue->next[at];
    }
    queue->free_first = at;
    queue->free_count = (uint16_t)(queue->free_count - count);
    queue->chains[head] = chain;
    queue->available[RING_FIRST + (queue->added & (queue->entries - 1))] = head;
    queue->added++;
    queue->in_flight++;
    queue->requests++;
    return true;
}

/* 2.7.7.2: is `event` among the indexes from `before` up to, but not with, `now`? */
static bool virtqueue_crossed(uint16_t event, uint16_t now, uint16_t before)
{
    return (uint16_t)(now - event - 1) < (uint16_t)(now - before);
}

bool virtqueue_publish(struct virtqueue *queue)
{
    uint16_t before = queue->published;
    if (queue->broken || before == queue->added)
        return false;
    queue->published = queue->added;
    virtqueue_store(&queue->available[RING_INDEX], queue->added);
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* the index is seen before the device's wish is read */
    bool kick = queue->event_index
                    ? virtqueue_crossed(virtqueue_load(virtqueue_available_event(queue)), queue->added, before)
                    : !(virtqueue_load(&queue->used[RING_FLAGS]) & FLAG_NO_EVENT);
    queue->kicks += kick;
    return kick;
}

void *virtqueue_take(struct virtqueue *queue, uint32_t *bytes)
{
    uint16_t ready = (uint16_t)(virtqueue_load(&queue->used[RING_INDEX]) - queue->taken);
    if (queue->broken || ready == 0)
        return NULL;
    const struct virtqueue_used_element *ring = (const void *)&queue->used[RING_FIRST];
    const struct virtqueue_used_element *element = &ring[queue->taken & (queue->entries - 1)];
    uint32_t id = __atomic_load_n(&element->id, __ATOMIC_RELAXED);
    uint32_t written = __atomic_load_n(&element->bytes, __ATOMIC_RELAXED);
    struct virtqueue_chain *chain = id < queue->entries ? &queue->chains[id] : NULL;
    if (ready > queue->in_flight || !chain || !chain->token) {
        queue->broken = true;
        return NULL;
    }
    queue->next[chain->last] = queue->free_first;
    queue->free_first = (uint16_t)id;
    queue->free_count = (uint16_t)(queue->free_count + chain->count);
    queue->taken++;
    queue->in_flight--;
    *bytes = written < chain->room ? written : chain->room;
    void *token = chain->token;
    chain->token = NULL;
    return token;
}

/* With an event index there is no flag: an event that lies behind what was taken comes after 65,535 more. */
void virtqueue_events_off(struct virtqueue *queue)
{
    if (queue->event_index)
        virtqueue_store(virtqueue_used_event(queue), (uint16_t)(queue->taken - 1));
    else
        virtqueue_store(&queue->available[RING_FLAGS], FLAG_NO_EVENT);
}

bool virtqueue_events_on(struct virtqueue *queue, unsigned count)
{
    uint16_t wanted = (uint16_t)(queue->taken + count);
    if (queue->event_index)
        virtqueue_store(virtqueue_used_event(queue), (uint16_t)(wanted - 1));
    else
        virtqueue_store(&queue->available[RING_FLAGS], 0);
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* the wish is seen before the device's index is read */
    return (uint16_t)(virtqueue_load(&queue->used[RING_INDEX]) - queue->taken) < count;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine. Order of accesses as VIRTIO 1.2, section 2.7.13 and 2.7.14 ask for it: contents before index, and a full
 * barrier between writing an event index and looking at the other side's index.
 */
#include "io/queue/queue.h"
#include <coopvirt/error.h>
#include <coopvirt/mutation.h>
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

static uint16_t queue_load(const uint16_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

/* Where the driver says up to which used index it wants no event. */
static const uint16_t *queue_used_event(const struct queue *queue)
{
    return &queue->available->ring[queue->entries];
}

/* Where we say up to which available index we want no kick. The ring's last word is only aligned to 2. */
static uint16_t *queue_available_event(const struct queue *queue)
{
    return (uint16_t *)&queue->used->ring[queue->entries];
}

void queue_break(struct queue *queue, const char *reason)
{
    if (!queue->broken)
        queue->broken = reason;
}

/* VIRTIO 1.2, 2.7: "Queue Size is always a power of 2", and the alignments of the three parts. */
static bool queue_shape_is_valid(const struct coop_queue *shape, unsigned most)
{
    if (!MUTATED(queue_entries_bound) && (!shape->entries || shape->entries > most))
        return false;
    if (!MUTATED(queue_entries_power) && shape->entries & (shape->entries - 1))
        return false;
    return MUTATED(queue_alignment) || !(shape->descriptors % 16 || shape->available % 2 || shape->used % 4);
}

static void *queue_hold(const struct queue_memory *memory, coop_paddr address, uint64_t bytes, bool is_write)
{
    return memory->hold(memory->context, address, bytes, is_write);
}

void queue_stop(struct queue *queue)
{
    const struct queue_memory *memory = queue->memory;
    const struct coop_queue *shape = &queue->shape;
    if (queue->descriptors)
        memory->release(memory->context, shape->descriptors, QUEUE_DESCRIPTORS_BYTES(shape->entries), false);
    if (queue->available)
        memory->release(memory->context, shape->available, QUEUE_AVAILABLE_BYTES(shape->entries), false);
    if (queue->used)
        memory->release(memory->context, shape->used, QUEUE_USED_BYTES(shape->entries), true);
    *queue = (struct queue){.memory = 0};
}

int queue_start(struct queue *queue, const struct queue_memory *memory, const struct coop_queue *shape, unsigned most)
{
    *queue = (struct queue){.memory = memory, .shape = *shape, .entries = (uint16_t)shape->entries};
    if (!queue_shape_is_valid(shape, most < QUEUE_ENTRIES_MOST ? most : QUEUE_ENTRIES_MOST))
        return -EINVAL;
    queue->descriptors = queue_hold(memory, shape->descriptors, QUEUE_DESCRIPTORS_BYTES(shape->entries), false);
    queue->available = queue_hold(memory, shape->available, QUEUE_AVAILABLE_BYTES(shape->entries), false);
    queue->used = queue_hold(memory, shape->used, QUEUE_USED_BYTES(shape->entries), !MUTATED(queue_used_writable));
    if (queue->descriptors && queue->available && queue->used)
        return 0;
    queue_stop(queue);
    return -EFAULT;
}

/* Adds one descriptor, copied once, to a chain. False: it cannot be. */
static bool queue_chain_add(struct queue *queue, struct queue_chain *chain, const struct queue_descriptor *d)
{
    bool is_write = d->flags & QUEUE_DESCRIPTOR_WRITE;
    uint32_t *total = is_write ? &chain->write_bytes : &chain->read_bytes;
    const char *wrong = 0;
    if (!MUTATED(queue_chain_length) && (chain->count == QUEUE_CHAIN_MOST || chain->count == queue->entries))
        wrong = "a chain of descriptors is too long, or a loop";
    else if (!MUTATED(queue_indirect) && d->flags & QUEUE_DESCRIPTOR_INDIRECT)
        wrong = "an indirect descriptor, which was not offered";
    else if (!MUTATED(queue_chain_order) && !is_write && chain->count != chain->readable)
        wrong = "a buffer to read stands behind one to write";
    else if (!MUTATED(queue_chain_bytes) && d->bytes > QUEUE_BYTES_MOST - chain->read_bytes - chain->write_bytes)
        wrong = "the buffers of a chain are too long";
    if (wrong) {
        queue_break(queue, wrong);
        return false;
    }
    chain->segments[chain->count++] = (struct queue_segment){d->address, d->bytes};
    chain->readable += !is_write;
    *total += d->bytes;
    return true;
}

/* Follows a chain from its head. */
static bool queue_follow(struct queue *queue, struct queue_chain *chain)
{
    struct queue_descriptor d;
    uint16_t at = chain->head;
    do {
        if (!MUTATED(queue_descriptor_bound) && at >= queue->entries) {
            queue_break(queue, "an index of a descriptor is out of bounds");
            return false;
        }
        const volatile struct queue_descriptor *from = &queue->descriptors[at];
        d = (struct queue_descriptor){from->address, from->bytes, from->flags, from->next};
        if (!queue_chain_add(queue, chain, &d))
            return false;
        at = d.next;
    } while (d.flags & QUEUE_DESCRIPTOR_NEXT);
    return true;
}

bool queue_has_chain(const struct queue *queue)
{
    return queue->descriptors && !queue->broken && queue_load(&queue->available->index) != queue->next_available;
}

bool queue_take(struct queue *queue, struct queue_chain *chain)
{
    if (!queue->descriptors || queue->broken)
        return false;
    uint16_t waiting = (uint16_t)(queue_load(&queue->available->index) - queue->next_available);
    if (!waiting)
        return false;
    if (!MUTATED(queue_index_bound) && waiting > queue->entries) {
        queue_break(queue, "the available index runs ahead");
        return false;
    }
    uint16_t slot = queue->next_available & (uint16_t)(queue->entries - 1);
    chain->head = __atomic_load_n(&queue->available->ring[slot], __ATOMIC_RELAXED);
    chain->count = chain->readable = 0; /* only so many of its segments mean anything */
    chain->read_bytes = chain->write_bytes = 0;
    if (!queue_follow(queue, chain))
        return false;
    queue->next_available++;
    return true;
}

void queue_give(struct queue *queue, const struct queue_chain *chain, uint32_t bytes)
{
    struct queue_used_element *element = &queue->used->ring[queue->next_used & (queue->entries - 1u)];
    __atomic_store_n(&element->head, chain->head, __ATOMIC_RELAXED);
    __atomic_store_n(&element->bytes, bytes, __ATOMIC_RELAXED);
    queue->next_used++;
    __atomic_store_n(&queue->used->index, queue->next_used, __ATOMIC_RELEASE);
}

bool queue_rearm(struct queue *queue)
{
    if (!queue->descriptors || queue->broken)
        return false;
    __atomic_store_n(queue_available_event(queue), queue->next_available, __ATOMIC_SEQ_CST);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return queue_load(&queue->available->index) != queue->next_available;
}

/* 2.7.7.1: the driver's index lies within what was given back since. */
bool queue_wants_event(struct queue *queue)
{
    uint16_t before = queue->announced_used, now = queue->next_used;
    if (!queue->descriptors || before == now)
        return false;
    queue->announced_used = now;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    uint16_t event = queue_load(queue_used_event(queue));
    return (uint16_t)(now - event - 1) < (uint16_t)(now - before);
}

/* One piece that the hypervisor sees as contiguous. */
static bool queue_copy_piece(struct queue *queue, coop_paddr address, void *bytes, uint32_t count, bool is_write)
{
    const struct queue_memory *memory = queue->memory;
    void *view = queue_hold(memory, address, count, is_write && !MUTATED(queue_buffer_writable));
    if (!view)
        return false;
    if (is_write) {
        memcpy(view, bytes, count);
        memory->written(memory->context, address, count);
    } else {
        memcpy(bytes, view, count);
    }
    memory->release(memory->context, address, count, is_write);
    return true;
}

/* At once where memory is contiguous, else page by page. */
static bool queue_copy_segment(struct queue *queue, coop_paddr address, uint8_t *bytes, uint32_t count, bool is_write)
{
    if (address + count < address)
        return false;
    if (queue_copy_piece(queue, address, bytes, count, is_write))
        return true;
    while (count) {
        uint32_t here = (uint32_t)(X86_PAGE_BYTES - address % X86_PAGE_BYTES);
        if (here > count)
            here = count;
        if (!queue_copy_piece(queue, address, bytes, here, is_write))
            return false;
        address += here;
        bytes += here;
        count -= here;
    }
    return true;
}

static bool queue_copy(struct queue *queue, const struct queue_chain *chain, uint32_t offset, void *buffer,
                       uint32_t bytes, bool is_write)
{
    unsigned first = is_write ? chain->readable : 0, end = is_write ? chain->count : chain->readable;
    uint8_t *at = buffer;
    for (unsigned i = first; i < end && bytes; i++) {
        const struct queue_segment *segment = &chain->segments[i];
        if (offset >= segment->bytes) {
            offset -= segment->bytes;
            continue;
        }
        uint32_t here = segment->bytes - offset < bytes ? segment->bytes - offset : bytes;
        if (!queue_copy_segment(queue, segment->address + offset, at, here, is_write)) {
            queue_break(queue, "a buffer is not memory of the VM that may be accessed so");
            return false;
        }
        offset = 0;
        at += here;
        bytes -= here;
    }
    if (bytes)
        queue_break(queue, "a request is shorter than its kind asks for");
    return !bytes;
}

bool queue_read(struct queue *queue, const struct queue_chain *chain, uint32_t offset, void *to, uint32_t bytes)
{
    return queue_copy(queue, chain, offset, to, bytes, false);
}

bool queue_write(struct queue *queue, const struct queue_chain *chain, uint32_t offset, const void *from,
                 uint32_t bytes)
{
    return queue_copy(queue, chain, offset, (void *)(uintptr_t)from, bytes, true);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel heap. Sizes up to half a frame come from slabs: a frame with a header and equal objects.
 * Larger ones are runs of whole frames. Slab objects never begin on a frame boundary and runs always do: that is how
 * heap_free tells them apart. Pure but for the frames below it.
 */
#include "memory/heap.h"
#include "memory/frame_internal.h"
#include <coopvirt/primitives.h>
#include <coopvirt/spinlock.h>
#include <stdint.h>

#define HEAP_CLASSES      13
#define HEAP_SLAB_LARGEST 2016u

struct heap_slab {
    struct heap_slab *next, *previous; /* among those of its class that have free objects */
    void *free;                        /* first free object; each holds the next */
    uint16_t used, class, capacity, untouched;
};
_Static_assert(sizeof(struct heap_slab) == 32, "objects are 16-byte aligned");

/* Multiples of 16; the large ones divide a frame less its header well. */
static const uint16_t heap_sizes[HEAP_CLASSES] = {
    16, 32, 48, 64, 96, 128, 192, 256, 400, 576, 800, 1344, HEAP_SLAB_LARGEST};

/* under heap_lock */
static struct spinlock heap_lock;
static struct heap_slab *heap_partial[HEAP_CLASSES];
static size_t heap_used;

size_t heap_used_bytes(void)
{
    return heap_used;
}

static unsigned heap_class(size_t bytes)
{
    unsigned class = 0;
    while (heap_sizes[class] < bytes)
        class ++;
    return class;
}

static void heap_slab_link(struct heap_slab *slab)
{
    struct heap_slab *first = heap_partial[slab->class];
    slab->next = first;
    slab->previous = 0;
    if (first)
        first->previous = slab;
    heap_partial[slab->class] = slab;
}

static void heap_slab_unlink(struct heap_slab *slab)
{
    if (slab->previous)
        slab->previous->next = slab->next;
    else
        heap_partial[slab->class] = slab->next;
    if (slab->next)
        slab->next->previous = slab->previous;
}

static struct heap_slab *heap_slab_create(unsigned class)
{
    coop_paddr frame = frame_allocate();
    if (!frame)
        return 0;
    struct heap_slab *slab = frame_address(frame);
    slab->free = 0;
    slab->used = 0;
    slab->untouched = 0;
    slab->class = (uint16_t) class;
    slab->capacity = (uint16_t)((FRAME_BYTES - sizeof(*slab)) / heap_sizes[class]);
    heap_slab_link(slab);
    return slab;
}

static void *heap_slab_take(struct heap_slab *slab)
{
    void *object = slab->free;
    if (object)
        slab->free = *(void **)object;
    else
        object = (uint8_t *)(slab + 1) + (size_t)slab->untouched++ * heap_sizes[slab->class];
    if (++slab->used == slab->capacity)
        heap_slab_unlink(slab);
    return object;
}

static void *heap_allocate_run(size_t bytes, size_t cleared)
{
    if (bytes > frame_total_count() * FRAME_BYTES)
        return 0;
    size_t frames = (bytes + FRAME_BYTES - 1) / FRAME_BYTES;
    coop_paddr first = frame_run_allocate(frames);
    if (!first)
        return 0;
    quadwords_clear(frame_address(first), cleared / 8);
    __atomic_fetch_add(&heap_used, frames * FRAME_BYTES, __ATOMIC_RELAXED);
    return frame_address(first);
}

void *heap_allocate(size_t bytes)
{
    if (bytes > HEAP_SLAB_LARGEST)
        return heap_allocate_run(bytes, (bytes + FRAME_BYTES - 1) / FRAME_BYTES * FRAME_BYTES);
    unsigned class = heap_class(bytes);
    void *object = 0;
    spinlock_take(&heap_lock);
    struct heap_slab *slab = heap_partial[class];
    if (!slab)
        slab = heap_slab_create(class);
    if (slab) {
        object = heap_slab_take(slab);
        __atomic_fetch_add(&heap_used, heap_sizes[class], __ATOMIC_RELAXED);
    }
    spinlock_release(&heap_lock);
    if (object)
        quadwords_clear(object, heap_sizes[class] / 8);
    return object;
}

void *heap_allocate_cleared(size_t bytes, size_t cleared)
{
    return bytes > HEAP_SLAB_LARGEST ? heap_allocate_run(bytes, cleared) : heap_allocate(bytes);
}

static coop_paddr heap_frame_of(const void *address)
{
    return (coop_paddr)((const uint8_t *)address - (uint8_t *)frame_address(0));
}

void heap_free(void *object)
{
    if (!object)
        return;
    if (((uintptr_t)object & (FRAME_BYTES - 1)) == 0) {
        size_t frames = frame_run_release(heap_frame_of(object));
        __atomic_fetch_sub(&heap_used, frames * FRAME_BYTES, __ATOMIC_RELAXED);
        return;
    }
    struct heap_slab *slab = (struct heap_slab *)((uintptr_t)object & ~(FRAME_BYTES - 1));
    spinlock_take(&heap_lock);
    if (slab->used == slab->capacity)
        heap_slab_link(slab);
    *(void **)object = slab->free;
    slab->free = object;
    slab->used--;
    __atomic_fetch_sub(&heap_used, heap_sizes[slab->class], __ATOMIC_RELAXED);
    /* An empty slab goes back unless it is the last one of its class with room. */
    bool give_back = slab->used == 0 && (slab->next || slab->previous);
    if (give_back)
        heap_slab_unlink(slab);
    spinlock_release(&heap_lock);
    if (give_back)
        frame_release(heap_frame_of(slab));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame allocator: RAM as a few extents, one 32-bit word of book-keeping a frame. Used frames hold
 * their count of references there. Frames never used yet lie above their extent's watermark and
 * are not touched before they are needed (a hypervisor need not back them); freed ones form a doubly linked
 * list through their own first words, and so do those that are kept back. Pure: the direct map is a parameter.
 */
#include "memory/frame_internal.h"
#include <coopvirt/primitives.h>
#include <coopvirt/spinlock.h>

#define FRAME_FREE         0u
#define FRAME_CONTINUATION UINT32_MAX       /* second and later frames of a run */
#define FRAME_KEPT         (UINT32_MAX - 1) /* in the reserve */

struct frame_extent {
    uint64_t first; /* frame number */
    uint64_t count;
    uint64_t untouched;   /* index of the first frame never used */
    uint32_t *references; /* one word a frame */
};

/* What a free frame holds. */
struct frame_link {
    coop_paddr next, previous; /* 0 = none */
};

/* constant after start */
static uint8_t *frame_window;
static unsigned frame_extent_count;
static size_t frame_total;

/* under frame_lock */
static struct spinlock frame_lock;
static struct frame_extent frame_extents[FRAME_EXTENTS];
static coop_paddr frame_free_list;
static size_t frame_free;
static coop_paddr frame_limit; /* frames from here on are not mapped yet */
static coop_paddr frame_reserve_list;
static size_t frame_reserve, frame_reserve_wanted;
static void (*frame_reserve_used)(void);

void *frame_address(coop_paddr frame)
{
    return frame_window + frame;
}

coop_paddr frame_of(const void *address)
{
    return (coop_paddr)((const uint8_t *)address - frame_window);
}

static struct frame_link *frame_link(coop_paddr frame)
{
    return (struct frame_link *)(frame_window + frame);
}

static uint32_t *frame_word(coop_paddr frame)
{
    uint64_t number = frame >> 12;
    for (struct frame_extent *extent = frame_extents;; extent++) {
        uint64_t index = number - extent->first;
        if (index < extent->count)
            return &extent->references[index];
        if (extent == &frame_extents[frame_extent_count - 1])
            __builtin_trap(); /* our own mistake: not a frame of this allocator */
    }
}

static void frame_list_push(coop_paddr frame)
{
    struct frame_link *link = frame_link(frame);
    link->next = frame_free_list;
    link->previous = 0;
    if (frame_free_list)
        frame_link(frame_free_list)->previous = frame;
    frame_free_list = frame;
}

static void frame_list_remove(coop_paddr frame)
{
    struct frame_link *link = frame_link(frame);
    if (link->previous)
        frame_link(link->previous)->next = link->next;
    else
        frame_free_list = link->next;
    if (link->next)
        frame_link(link->next)->previous = link->previous;
}

/* A frame from above the watermarks, or 0. */
static coop_paddr frame_take_untouched(void)
{
    for (unsigned i = 0; i < frame_extent_count; i++) {
        struct frame_extent *extent = &frame_extents[i];
        coop_paddr frame = (extent->first + extent->untouched) << 12;
        if (extent->untouched == extent->count || frame >= frame_limit)
            continue;
        extent->untouched++;
        return frame;
    }
    return 0;
}

static inline coop_paddr frame_take(void)
{
    coop_paddr frame = frame_free_list;
    if (frame)
        frame_list_remove(frame);
    else
        frame = frame_take_untouched();
    if (frame) {
        *frame_word(frame) = 1;
        frame_free--;
    }
    return frame;
}

/* A frame of the reserve, or 0. */
static __attribute__((noinline)) coop_paddr frame_take_kept(void)
{
    spinlock_take(&frame_lock);
    coop_paddr frame = frame_reserve_list;
    if (frame) {
        frame_reserve_list = frame_link(frame)->next;
        frame_reserve--;
        frame_free--;
        *frame_word(frame) = 1;
    }
    spinlock_release(&frame_lock);
    if (frame_reserve_used)
        frame_reserve_used();
    return frame;
}

coop_paddr frame_allocate_user(void)
{
    spinlock_take(&frame_lock);
    coop_paddr frame = frame_take();
    spinlock_release(&frame_lock);
    return frame;
}

coop_paddr frame_allocate(void)
{
    coop_paddr frame = frame_allocate_user();
    return frame ? frame : frame_take_kept();
}

coop_paddr frame_allocate_zeroed(void)
{
    coop_paddr frame = frame_allocate();
    if (frame)
        page_clear(frame_address(frame));
    return frame;
}

bool frame_reserve_lend(size_t left)
{
    size_t before = frame_reserve;
    spinlock_take(&frame_lock);
    while (frame_reserve > left) {
        coop_paddr frame = frame_reserve_list;
        frame_reserve_list = frame_link(frame)->next;
        frame_reserve--;
        *frame_word(frame) = FRAME_FREE;
        frame_list_push(frame);
    }
    spinlock_release(&frame_lock);
    return frame_reserve < before;
}

void frame_reserve_keep(size_t count, void (*used)(void))
{
    frame_reserve_wanted = count;
    frame_reserve_used = used;
    frame_reserve_lend(count);
    frame_reserve_fill();
}

bool frame_reserve_fill(void)
{
    spinlock_take(&frame_lock);
    while (frame_reserve < frame_reserve_wanted) {
        coop_paddr frame = frame_take();
        if (!frame)
            break;
        frame_free++;
        frame_reserve++;
        *frame_word(frame) = FRAME_KEPT;
        frame_link(frame)->next = frame_reserve_list;
        frame_reserve_list = frame;
    }
    bool is_full = frame_reserve == frame_reserve_wanted;
    spinlock_release(&frame_lock);
    return is_full;
}

size_t frame_user_count(void)
{
    return frame_free - frame_reserve;
}

void frame_reference(coop_paddr frame)
{
    __atomic_fetch_add(frame_word(frame), 1, __ATOMIC_RELAXED);
}

void frame_release(coop_paddr frame)
{
    uint32_t *word = frame_word(frame);
    if (*word == FRAME_FREE || *word == FRAME_CONTINUATION)
        __builtin_trap(); /* released once too often */
    if (__atomic_sub_fetch(word, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    spinlock_take(&frame_lock);
    frame_list_push(frame);
    frame_free++;
    spinlock_release(&frame_lock);
}

uint32_t frame_references(coop_paddr frame)
{
    return __atomic_load_n(frame_word(frame), __ATOMIC_RELAXED);
}

/* Finds `count` free frames in a row below the watermark of an extent: their index, or the extent's count. */
static uint64_t frame_extent_find_run(const struct frame_extent *extent, size_t count)
{
    uint64_t run = 0;
    for (uint64_t index = 0; index < extent->untouched; index++) {
        run = extent->references[index] == FRAME_FREE ? run + 1 : 0;
        if (run == count)
            return index + 1 - count;
    }
    return extent->count;
}

static coop_paddr frame_run_mark(struct frame_extent *extent, uint64_t index, size_t count)
{
    extent->references[index] = 1;
    for (size_t i = 1; i < count; i++)
        extent->references[index + i] = FRAME_CONTINUATION;
    frame_free -= count;
    return (extent->first + index) << 12;
}

static coop_paddr frame_run_find(size_t count)
{
    for (unsigned i = 0; i < frame_extent_count; i++) {
        struct frame_extent *extent = &frame_extents[i];
        coop_paddr end = (extent->first + extent->untouched + count) << 12;
        if (extent->count - extent->untouched < count || end > frame_limit)
            continue;
        uint64_t index = extent->untouched;
        extent->untouched += count;
        return frame_run_mark(extent, index, count);
    }
    for (unsigned i = 0; i < frame_extent_count; i++) {
        struct frame_extent *extent = &frame_extents[i];
        uint64_t index = frame_extent_find_run(extent, count);
        if (index == extent->count)
            continue;
        for (size_t n = 0; n < count; n++)
            frame_list_remove((extent->first + index + n) << 12);
        return frame_run_mark(extent, index, count);
    }
    return 0;
}

coop_paddr frame_run_allocate(size_t count)
{
    if (count <= 1)
        return count ? frame_allocate() : 0;
    spinlock_take(&frame_lock);
    coop_paddr first = frame_run_find(count);
    spinlock_release(&frame_lock);
    return first;
}

size_t frame_run_release(coop_paddr first)
{
    size_t released = 0;
    uint32_t *word = frame_word(first);
    const struct frame_extent *extent = frame_extents;
    while ((first >> 12) - extent->first >= extent->count)
        extent++;
    uint64_t left = extent->first + extent->count - (first >> 12);
    spinlock_take(&frame_lock);
    do {
        *word++ = FRAME_FREE;
        frame_list_push(first);
        frame_free++;
        first += FRAME_BYTES;
        released++;
    } while (--left && *word == FRAME_CONTINUATION);
    spinlock_release(&frame_lock);
    return released;
}

size_t frame_free_count(void)
{
    return frame_free;
}
size_t frame_total_count(void)
{
    return frame_total;
}

void frame_all_mapped(void)
{
    frame_limit = ~(coop_paddr)0;
}

/* Cuts the book-keeping of all extents out of one of them. */
static uint32_t *frame_place_book(struct frame_extent_range *ranges, unsigned count, coop_paddr limit)
{
    uint64_t frames = 0;
    for (unsigned i = 0; i < count; i++)
        frames += ranges[i].bytes / FRAME_BYTES;
    uint64_t bytes = (frames * sizeof(uint32_t) + FRAME_BYTES - 1) & ~(FRAME_BYTES - 1);
    for (unsigned i = 0; i < count; i++) {
        if (ranges[i].bytes <= bytes || ranges[i].base + bytes > limit)
            continue;
        uint32_t *book = frame_address(ranges[i].base);
        ranges[i].base += bytes;
        ranges[i].bytes -= bytes;
        quadwords_clear(book, bytes / 8);
        return book;
    }
    return 0;
}

bool frame_start(const struct frame_extent_range *given, unsigned count, uint8_t *window, coop_paddr mapped_limit)
{
    struct frame_extent_range ranges[FRAME_EXTENTS];
    if (count > FRAME_EXTENTS)
        count = FRAME_EXTENTS;
    for (unsigned i = 0; i < count; i++)
        ranges[i] = given[i];
    frame_window = window;
    frame_limit = mapped_limit;
    uint32_t *book = frame_place_book(ranges, count, mapped_limit);
    if (!book)
        return false;
    frame_free_list = frame_reserve_list = 0;
    frame_reserve = frame_reserve_wanted = 0;
    frame_reserve_used = 0;
    frame_total = 0;
    frame_extent_count = 0;
    /* The largest extents first: most look-ups end there. */
    for (unsigned n = 0; n < count; n++) {
        unsigned largest = 0;
        for (unsigned i = 1; i < count; i++)
            if (ranges[i].bytes > ranges[largest].bytes)
                largest = i;
        uint64_t frames = ranges[largest].bytes / FRAME_BYTES;
        if (frames == 0)
            break;
        frame_extents[frame_extent_count++] = (struct frame_extent){ranges[largest].base >> 12, frames, 0, book};
        book += frames;
        frame_total += frames;
        ranges[largest].bytes = 0;
    }
    frame_free = frame_total;
    return frame_total != 0;
}

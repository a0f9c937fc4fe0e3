/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame allocator: one owner of two bytes for each frame, in sections of 1 GiB that exist only where there
 * is RAM, with counts of free frames per 2 MiB block and per section. A search is first-fit and steps over full
 * blocks and sections, and over empty ones without looking inside; `lowest_free` is where it may begin.
 * One lock: allocation is no measured path.
 */
#include "machine/frame.h"
#include "machine/frame_start.h"
#include "machine/panic.h"

#include <coopvirt/primitives.h>
#include <coopvirt/spinlock.h>
#include <coopvirt/x86.h>

#define FRAMES_PER_BLOCK   (X86_PAGE_2M / X86_PAGE_BYTES)
#define FRAMES_PER_SECTION (X86_PAGE_1G / X86_PAGE_BYTES)
#define BLOCKS_PER_SECTION (X86_PAGE_1G / X86_PAGE_2M)

struct frame_section {
    frame_owner owner[FRAMES_PER_SECTION];
    uint16_t free_in_block[BLOCKS_PER_SECTION];
    uint32_t free;
};

static struct {
    struct spinlock lock;
    struct frame_section **sections; /* constant after start; NULL where a GiB has no RAM */
    uint64_t section_count;          /* constant after start */
    uint64_t lowest_free;            /* frame number; no frame below it is free; under the lock */
} frames;

uint8_t *frame_direct_map;

void frame_set_direct_map(void *base)
{
    frame_direct_map = base;
}

static struct frame_section *frame_section_of(uint64_t frame)
{
    uint64_t index = frame / FRAMES_PER_SECTION;
    return index < frames.section_count ? frames.sections[index] : NULL;
}

static frame_owner *frame_owner_cell(uint64_t frame)
{
    struct frame_section *section = frame_section_of(frame);
    return section ? &section->owner[frame % FRAMES_PER_SECTION] : NULL;
}

static void frame_count_free(struct frame_section *section, uint64_t frame, int change)
{
    uint64_t block = frame % FRAMES_PER_SECTION / FRAMES_PER_BLOCK;
    section->free_in_block[block] = (uint16_t)(section->free_in_block[block] + change);
    section->free = (uint32_t)((int64_t)section->free + change);
}

/* Gives one frame, which is in a section, another owner; keeps the counts. */
static void frame_set_owner(uint64_t frame, frame_owner owner)
{
    struct frame_section *section = frame_section_of(frame);
    frame_owner *cell = &section->owner[frame % FRAMES_PER_SECTION];

    frame_count_free(section, frame, (owner == FRAME_OWNER_NOBODY) - (*cell == FRAME_OWNER_NOBODY));
    *cell = owner;
}

static void frame_mark_range(coop_paddr start, coop_paddr end, frame_owner owner)
{
    for (uint64_t frame = start / X86_PAGE_BYTES; frame < end / X86_PAGE_BYTES; frame++)
        if (frame_section_of(frame))
            frame_set_owner(frame, owner);
}

/* Cuts and empties the section of one GiB. */
static bool frame_make_section(struct memory_map *map, uint64_t index)
{
    uint64_t bytes = (sizeof(struct frame_section) + X86_PAGE_BYTES - 1) & ~(X86_PAGE_BYTES - 1);
    coop_paddr at = memory_map_take(map, bytes, X86_PAGE_BYTES, UINT64_MAX);

    if (at == UINT64_MAX)
        return false;
    struct frame_section *section = frame_address(at);
    for (uint64_t i = 0; i < FRAMES_PER_SECTION; i++)
        section->owner[i] = FRAME_OWNER_RESERVED;
    for (uint64_t i = 0; i < BLOCKS_PER_SECTION; i++)
        section->free_in_block[i] = 0;
    section->free = 0;
    frames.sections[index] = section;
    return true;
}

bool frame_start(struct memory_map *map)
{
    uint64_t count = (memory_map_top(map) + X86_PAGE_1G - 1) / X86_PAGE_1G;
    uint64_t bytes = (count * sizeof(frames.sections[0]) + X86_PAGE_BYTES - 1) & ~(X86_PAGE_BYTES - 1);
    coop_paddr directory = memory_map_take(map, bytes, X86_PAGE_BYTES, UINT64_MAX);

    if (directory == UINT64_MAX)
        return false;
    frames.sections = frame_address(directory);
    quadwords_clear(frames.sections, bytes / 8);
    frames.section_count = count;
    frames.lowest_free = 0;
    for (uint64_t i = 0; i < count; i++)
        if (memory_map_any_usable(map, i * X86_PAGE_1G, (i + 1) * X86_PAGE_1G) && !frame_make_section(map, i))
            return false;
    for (unsigned i = 0; i < map->usable_count; i++)
        frame_mark_range(map->usable[i].start, map->usable[i].end, FRAME_OWNER_NOBODY);
    for (unsigned i = 0; i < map->reserved_count; i++) {
        coop_paddr end = map->reserved[i].end, top = count * X86_PAGE_1G;
        frame_mark_range(map->reserved[i].start, end < top ? end : top, FRAME_OWNER_RESERVED);
    }
    return true;
}

/* The first frame from `frame` on that may be free: full blocks, full sections and holes are stepped over. */
static uint64_t frame_skip_full(uint64_t frame)
{
    while (frame < frames.section_count * FRAMES_PER_SECTION) {
        struct frame_section *section = frame_section_of(frame);
        if (!section || !section->free)
            frame = (frame / FRAMES_PER_SECTION + 1) * FRAMES_PER_SECTION;
        else if (!section->free_in_block[frame % FRAMES_PER_SECTION / FRAMES_PER_BLOCK])
            frame = (frame / FRAMES_PER_BLOCK + 1) * FRAMES_PER_BLOCK;
        else if (section->owner[frame % FRAMES_PER_SECTION] != FRAME_OWNER_NOBODY)
            frame++;
        else
            break;
    }
    return frame;
}

/* The frame after the free ones that begin at `frame`, at most `count` of them. */
static uint64_t frame_run_end(uint64_t frame, uint64_t count)
{
    uint64_t end = frame + count;

    while (frame < end) {
        struct frame_section *section = frame_section_of(frame);
        if (!section)
            break;
        if (frame % FRAMES_PER_SECTION == 0 && end - frame >= FRAMES_PER_SECTION && section->free == FRAMES_PER_SECTION)
            frame += FRAMES_PER_SECTION;
        else if (frame % FRAMES_PER_BLOCK == 0 && end - frame >= FRAMES_PER_BLOCK &&
                 section->free_in_block[frame % FRAMES_PER_SECTION / FRAMES_PER_BLOCK] == FRAMES_PER_BLOCK)
            frame += FRAMES_PER_BLOCK;
        else if (section->owner[frame % FRAMES_PER_SECTION] == FRAME_OWNER_NOBODY)
            frame++;
        else
            break;
    }
    return frame;
}

static uint64_t frame_find(uint64_t count, uint64_t alignment)
{
    uint64_t limit = frames.section_count * FRAMES_PER_SECTION;
    uint64_t candidate = frame_skip_full(frames.lowest_free);

    frames.lowest_free = candidate;
    while (candidate < limit) {
        candidate = (candidate + alignment - 1) & ~(alignment - 1);
        if (candidate >= limit || count > limit - candidate)
            break;
        uint64_t end = frame_run_end(candidate, count);
        if (end == candidate + count)
            return candidate;
        candidate = frame_skip_full(end);
    }
    return UINT64_MAX;
}

coop_paddr frame_allocate(size_t count, uint64_t alignment_bytes, frame_owner owner)
{
    if (!count || alignment_bytes < X86_PAGE_BYTES || (alignment_bytes & (alignment_bytes - 1)))
        panic("frame_allocate: %zu frames aligned to %lx", count, (unsigned long)alignment_bytes);
    spinlock_take(&frames.lock);
    uint64_t first = frame_find(count, alignment_bytes / X86_PAGE_BYTES);
    if (first != UINT64_MAX)
        for (uint64_t frame = first; frame < first + count; frame++)
            frame_set_owner(frame, owner);
    spinlock_release(&frames.lock);
    return first == UINT64_MAX ? FRAME_NONE : first * X86_PAGE_BYTES;
}

bool frame_allocate_at(coop_paddr address, frame_owner owner)
{
    uint64_t frame = address / X86_PAGE_BYTES;
    spinlock_take(&frames.lock);
    const frame_owner *cell = frame_owner_cell(frame);
    bool is_free = cell && *cell == FRAME_OWNER_NOBODY;
    if (is_free)
        frame_set_owner(frame, owner);
    spinlock_release(&frames.lock);
    return is_free;
}

/* First-fit finds what was given back first; tables are looked for elsewhere where others will want that again. */
static uint64_t frame_find_behind(uint64_t from)
{
    uint64_t limit = frames.section_count * FRAMES_PER_SECTION;
    uint64_t frame = frame_skip_full(from);
    return frame < limit ? frame : frame_find(1, 1);
}

coop_paddr frame_allocate_behind(coop_paddr start, frame_owner owner)
{
    spinlock_take(&frames.lock);
    uint64_t frame = frame_find_behind(start / X86_PAGE_BYTES);
    if (frame != UINT64_MAX)
        frame_set_owner(frame, owner);
    spinlock_release(&frames.lock);
    if (frame == UINT64_MAX)
        return FRAME_NONE;
    page_clear(frame_address(frame * X86_PAGE_BYTES));
    return frame * X86_PAGE_BYTES;
}

coop_paddr frame_allocate_zeroed(frame_owner owner)
{
    coop_paddr frame = frame_allocate(1, X86_PAGE_BYTES, owner);

    if (frame != FRAME_NONE)
        page_clear(frame_address(frame));
    return frame;
}

void frame_free(coop_paddr first, size_t count, frame_owner owner)
{
    uint64_t first_frame = first / X86_PAGE_BYTES;

    if (owner == FRAME_OWNER_NOBODY)
        panic("frame_free: frame %lx belongs to nobody", (unsigned long)first);
    spinlock_take(&frames.lock);
    for (uint64_t frame = first_frame; frame < first_frame + count; frame++) {
        frame_owner *cell = frame_owner_cell(frame);
        if (!cell || *cell != owner) {
            spinlock_release(&frames.lock);
            panic("frame_free: frame %lx belongs to %u, not to %u", (unsigned long)(frame * X86_PAGE_BYTES),
                  cell ? *cell : FRAME_OWNER_RESERVED, owner);
        }
        frame_set_owner(frame, FRAME_OWNER_NOBODY);
    }
    if (first_frame < frames.lowest_free)
        frames.lowest_free = first_frame;
    spinlock_release(&frames.lock);
}

frame_owner frame_owner_of(coop_paddr address)
{
    frame_owner *cell = frame_owner_cell(address / X86_PAGE_BYTES);
    return cell ? *cell : FRAME_OWNER_RESERVED;
}

static size_t frame_count_in(const struct frame_section *section, frame_owner owner)
{
    size_t count = 0;

    if (owner == FRAME_OWNER_NOBODY)
        return section->free;
    for (uint64_t i = 0; i < FRAMES_PER_SECTION; i++)
        count += section->owner[i] == owner;
    return count;
}

size_t frame_count_of(frame_owner owner)
{
    size_t count = 0;

    spinlock_take(&frames.lock);
    for (uint64_t i = 0; i < frames.section_count; i++)
        if (frames.sections[i])
            count += frame_count_in(frames.sections[i], owner);
    spinlock_release(&frames.lock);
    return count;
}

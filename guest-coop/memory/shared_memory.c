/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The object behind MAP_SHARED | MAP_ANONYMOUS: an array of frames, filled on demand.
 */
#include "memory/shared_memory.h"
#include "fs/file.h"
#include "memory/frame.h"
#include "memory/heap.h"

struct shared_memory {
    uint64_t pages;
    coop_paddr frames[];
};

static coop_paddr shared_memory_page(struct file *file, uint64_t index)
{
    struct shared_memory *memory = file->context;
    if (index >= memory->pages)
        return 0;
    if (!memory->frames[index])
        memory->frames[index] = frame_allocate_zeroed();
    if (memory->frames[index])
        frame_reference(memory->frames[index]);
    return memory->frames[index];
}

static void shared_memory_release(struct file *file)
{
    struct shared_memory *memory = file->context;
    for (uint64_t i = 0; i < memory->pages; i++)
        if (memory->frames[i])
            frame_release(memory->frames[i]);
    heap_free(memory);
}

static const struct file_operations shared_memory_operations = {
    .page = shared_memory_page,
    .release = shared_memory_release,
};

struct file *shared_memory_create(uint64_t bytes)
{
    uint64_t pages = (bytes + FRAME_BYTES - 1) / FRAME_BYTES;
    if (pages > frame_total_count())
        return 0;
    struct shared_memory *memory = heap_allocate(sizeof(*memory) + pages * sizeof(coop_paddr));
    if (!memory)
        return 0;
    memory->pages = pages;
    struct file *file = file_create(&shared_memory_operations, 0, memory, 0);
    if (!file)
        heap_free(memory);
    return file;
}

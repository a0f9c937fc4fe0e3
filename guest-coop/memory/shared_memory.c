/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An array of frames, filled on demand, and the file that stands for it.
 */
#include "memory/shared_memory.h"
#include "fs/file.h"
#include "memory/frame.h"
#include "memory/heap.h"

struct shared_memory {
    uint64_t pages;
    coop_paddr frames[];
};

coop_paddr shared_memory_page(struct shared_memory *memory, uint64_t index)
{
    if (index >= memory->pages)
        return 0;
    if (!memory->frames[index])
        memory->frames[index] = frame_allocate_zeroed();
    if (memory->frames[index])
        frame_reference(memory->frames[index]);
    return memory->frames[index];
}

uint64_t shared_memory_resident(const struct shared_memory *memory)
{
    uint64_t pages = 0;
    for (uint64_t i = 0; i < memory->pages; i++)
        pages += memory->frames[i] != 0;
    return pages;
}

void shared_memory_free(struct shared_memory *memory)
{
    for (uint64_t i = 0; memory && i < memory->pages; i++)
        if (memory->frames[i])
            frame_release(memory->frames[i]);
    heap_free(memory);
}

struct shared_memory *shared_memory_make(uint64_t pages)
{
    if (pages > frame_total_count())
        return 0;
    struct shared_memory *memory = heap_allocate(sizeof(*memory) + pages * sizeof(coop_paddr));
    if (memory)
        memory->pages = pages;
    return memory;
}

static coop_paddr shared_memory_file_page(struct file *file, uint64_t index)
{
    return shared_memory_page(file->context, index);
}

static void shared_memory_file_release(struct file *file)
{
    shared_memory_free(file->context);
}

static const struct file_operations shared_memory_operations = {
    .page = shared_memory_file_page,
    .release = shared_memory_file_release,
};

struct file *shared_memory_create(uint64_t bytes)
{
    struct shared_memory *memory = shared_memory_make((bytes + FRAME_BYTES - 1) / FRAME_BYTES);
    struct file *file = memory ? file_create(&shared_memory_operations, 0, memory, 0) : 0;
    if (!file)
        shared_memory_free(memory);
    return file;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Contiguous memory may lie in several ranges, since machine frames come in pieces.
 */
#include "core/loader_space.h"
#include <coopvirt/x86.h>

#define SPACE_LIMIT        0x100000000ul
#define SPACE_LOW_END      0x000a0000ul
#define SPACE_HIGH_ADDRESS 0x00100000ul

uint64_t loader_space_end(const struct guest_memory *memory, uint64_t start)
{
    uint64_t end = start;
    const struct guest_memory_range *range;
    while (end < SPACE_LIMIT && (range = guest_memory_find(memory, end)) && range->is_writable)
        end = range->start + range->bytes;
    return end < SPACE_LIMIT ? end : SPACE_LIMIT;
}

bool loader_space_place(const struct guest_memory *memory, uint64_t start, uint64_t end, const struct loader_file *file,
                        uint64_t *address)
{
    if (end < start || file->size > end - start)
        return false;
    *address = (end - file->size) & ~(X86_PAGE_BYTES - 1ul);
    return *address >= start && guest_memory_write(memory, *address, file->bytes, file->size);
}

uint32_t loader_space_type(const struct guest_memory_range *range)
{
    bool is_device = range->start >= SPACE_LOW_END && range->start < SPACE_HIGH_ADDRESS;
    return range->is_writable && !is_device ? MULTIBOOT_MEMORY_AVAILABLE : MULTIBOOT_MEMORY_RESERVED;
}

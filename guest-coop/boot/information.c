/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory extents from the start information: pure arithmetic over the tables that the entry-specific
 * parser filled.
 */
#include "boot/information.h"
#include <stdbool.h>

#define FRAME_MASK 4095ul
#define FIRST_FREE 0x10000ul /* below: BIOS data, and the frame at 0, whose address means "none" */

void boot_information_add(struct boot_information *information, struct boot_extent *table, unsigned *count,
                          coop_paddr base, uint64_t bytes)
{
    if (bytes == 0)
        return;
    if (*count == BOOT_EXTENTS) {
        information->error = "too many memory extents";
        return;
    }
    if (base + bytes < base)
        bytes = 0 - base; /* cut at the end of the address space */
    table[*count].base = base;
    table[*count].bytes = bytes;
    (*count)++;
}

/* The first reserved extent that touches [start, end); false when there is none. */
static bool information_first_reserved(const struct boot_information *information, uint64_t start, uint64_t end,
                                       uint64_t *reserved_start, uint64_t *reserved_end)
{
    bool found = false;
    for (unsigned i = 0; i < information->reserved_count; i++) {
        uint64_t first = information->reserved[i].base & ~FRAME_MASK;
        uint64_t last = (information->reserved[i].base + information->reserved[i].bytes + FRAME_MASK) & ~FRAME_MASK;
        if (first >= end || last <= start || (found && first >= *reserved_start))
            continue;
        found = true;
        *reserved_start = first;
        *reserved_end = last;
    }
    return found;
}

unsigned boot_information_free(const struct boot_information *information, uint64_t limit_bytes,
                               struct boot_extent *free, unsigned size)
{
    unsigned count = 0;
    uint64_t left = limit_bytes ? limit_bytes & ~FRAME_MASK : ~0ul;
    for (unsigned i = 0; i < information->memory_count; i++) {
        uint64_t start = (information->memory[i].base + FRAME_MASK) & ~FRAME_MASK;
        uint64_t end = (information->memory[i].base + information->memory[i].bytes) & ~FRAME_MASK;
        if (start < FIRST_FREE)
            start = FIRST_FREE;
        while (start < end && left && count < size) {
            uint64_t reserved_start = end, reserved_end = end;
            if (information_first_reserved(information, start, end, &reserved_start, &reserved_end) &&
                reserved_start <= start) {
                start = reserved_end;
                continue;
            }
            uint64_t bytes = reserved_start - start;
            if (bytes > left)
                bytes = left;
            free[count].base = start;
            free[count].bytes = bytes;
            count++;
            left -= bytes;
            start = reserved_end;
        }
    }
    return count;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lookup in the sorted list of ranges, and the checked copies built on it.
 */
#include "mmu/guest_memory.h"
#include <coopvirt/mutation.h>
#include <coopvirt/string.h>
#include <coopvirt/error.h>

int guest_memory_add(struct guest_memory *memory, const struct guest_memory_range *range)
{
    if (!range->bytes || range->start + range->bytes < range->start || range->machine + range->bytes < range->machine)
        return -EINVAL;
    if (memory->count == GUEST_MEMORY_RANGES)
        return -ENOSPC;
    unsigned at = 0;
    while (at < memory->count && memory->ranges[at].start < range->start)
        at++;
    if (at && memory->ranges[at - 1].start + memory->ranges[at - 1].bytes > range->start)
        return -EINVAL;
    if (at < memory->count && range->start + range->bytes > memory->ranges[at].start)
        return -EINVAL;
    memmove(&memory->ranges[at + 1], &memory->ranges[at], (memory->count - at) * sizeof(*range));
    memory->ranges[at] = *range;
    memory->count++;
    return 0;
}

const struct guest_memory_range *guest_memory_find(const struct guest_memory *memory, coop_paddr address)
{
    for (unsigned i = memory->count; i-- > 0;) {
        const struct guest_memory_range *range = &memory->ranges[i];
        if (address >= range->start)
            return address - range->start < range->bytes || MUTATED(memory_bound) ? range : 0;
    }
    return 0;
}

static bool guest_memory_may_write(const struct guest_memory *memory, coop_paddr machine, uint64_t bytes)
{
    return !memory->may_write || MUTATED(direct_may_write) || memory->may_write(memory->context, machine, bytes);
}

void *guest_memory_pointer(const struct guest_memory *memory, coop_paddr address, uint64_t bytes, bool is_write)
{
    const struct guest_memory_range *range = guest_memory_find(memory, address);
    if (!range || (is_write && !range->is_writable))
        return 0;
    uint64_t offset = address - range->start;
    if (!MUTATED(memory_length) && bytes > range->bytes - offset)
        return 0;
    if (is_write && !guest_memory_may_write(memory, range->machine + offset, bytes))
        return 0;
    return memory->address(range->machine + offset);
}

/* Whether all of [address, address + bytes) may be accessed. */
static bool guest_memory_allows(const struct guest_memory *memory, coop_paddr address, uint64_t bytes, bool is_write)
{
    if (!MUTATED(memory_wrap) && address + bytes < address)
        return false;
    while (bytes) {
        const struct guest_memory_range *range = guest_memory_find(memory, address);
        if (!range || (is_write && !range->is_writable))
            return false;
        uint64_t offset = address - range->start, here = range->bytes - offset;
        if (is_write && !guest_memory_may_write(memory, range->machine + offset, here < bytes ? here : bytes))
            return false;
        if (here >= bytes)
            return true;
        address += here;
        bytes -= here;
    }
    return true;
}

bool guest_memory_read(const struct guest_memory *memory, coop_paddr address, void *to, uint64_t bytes)
{
    if (!guest_memory_allows(memory, address, bytes, false))
        return false;
    char *out = to;
    while (bytes) {
        const struct guest_memory_range *range = guest_memory_find(memory, address);
        uint64_t offset = address - range->start;
        uint64_t here = range->bytes - offset < bytes ? range->bytes - offset : bytes;
        memcpy(out, memory->address(range->machine + offset), here);
        out += here;
        address += here;
        bytes -= here;
    }
    return true;
}

bool guest_memory_write(const struct guest_memory *memory, coop_paddr address, const void *from, uint64_t bytes)
{
    if (!guest_memory_allows(memory, address, bytes, true))
        return false;
    const char *in = from;
    while (bytes) {
        const struct guest_memory_range *range = guest_memory_find(memory, address);
        uint64_t offset = address - range->start;
        uint64_t here = range->bytes - offset < bytes ? range->bytes - offset : bytes;
        memcpy(memory->address(range->machine + offset), in, here);
        in += here;
        address += here;
        bytes -= here;
    }
    return true;
}

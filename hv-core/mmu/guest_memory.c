/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lookup in the sorted list of ranges, and the checked copies built on it.
 */
#include "mmu/guest_memory.h"
#include <coopvirt/mutation.h>
#include <coopvirt/string.h>
#include <coopvirt/x86.h>
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

/* The frame behind an address of memory whose pages come and go. */
static bool guest_memory_locate(const struct guest_memory *memory, coop_paddr address, bool is_write,
                                coop_paddr *machine)
{
    coop_paddr offset = address & (X86_PAGE_BYTES - 1);
    if (!memory->locate || !memory->locate(memory->locate_context, address - offset, is_write, machine))
        return false;
    *machine += offset;
    return true;
}

static uint64_t guest_memory_rest_of_page(coop_paddr address, uint64_t bytes)
{
    uint64_t rest = X86_PAGE_BYTES - (address & (X86_PAGE_BYTES - 1));
    return rest < bytes ? rest : bytes;
}

/* The same as guest_memory_pointer: pages that happen to lie one behind the other. Out of line, so that the way by the
 * ranges saves no registers. */
static __attribute__((noinline)) void *guest_memory_scattered_pointer(const struct guest_memory *memory,
                                                                      coop_paddr address, uint64_t bytes, bool is_write)
{
    coop_paddr first, machine;
    if (address + bytes < address || !guest_memory_locate(memory, address, is_write, &first))
        return 0;
    for (uint64_t done = guest_memory_rest_of_page(address, bytes); done < bytes;
         done += guest_memory_rest_of_page(address + done, bytes - done))
        if (!guest_memory_locate(memory, address + done, is_write, &machine) || machine != first + done)
            return 0;
    return memory->address(first);
}

static bool guest_memory_scattered_allows(const struct guest_memory *memory, coop_paddr address, uint64_t bytes,
                                          bool is_write)
{
    coop_paddr machine;
    while (bytes) {
        uint64_t here = guest_memory_rest_of_page(address, bytes);
        if (!guest_memory_locate(memory, address, is_write, &machine))
            return false;
        address += here;
        bytes -= here;
    }
    return true;
}

/* The longest piece of allowed bytes that lies together. NULL: a page has gone meanwhile. */
static void *guest_memory_piece(const struct guest_memory *memory, coop_paddr address, uint64_t bytes, uint64_t *here)
{
    const struct guest_memory_range *range = guest_memory_find(memory, address);
    coop_paddr machine;
    if (range) {
        uint64_t offset = address - range->start;
        *here = range->bytes - offset < bytes ? range->bytes - offset : bytes;
        return memory->address(range->machine + offset);
    }
    *here = guest_memory_rest_of_page(address, bytes);
    return guest_memory_locate(memory, address, false, &machine) ? memory->address(machine) : 0;
}

/* Likewise out of line: what a write needs beyond what any access does. */
static __attribute__((noinline)) void *guest_memory_writable(const struct guest_memory *memory,
                                                             const struct guest_memory_range *range, uint64_t offset,
                                                             uint64_t bytes)
{
    if (!range->is_writable || !guest_memory_may_write(memory, range->machine + offset, bytes))
        return 0;
    return memory->address(range->machine + offset);
}

void *guest_memory_pointer(const struct guest_memory *memory, coop_paddr address, uint64_t bytes, bool is_write)
{
    const struct guest_memory_range *range = guest_memory_find(memory, address);
    if (!range)
        return memory->locate ? guest_memory_scattered_pointer(memory, address, bytes, is_write) : 0;
    uint64_t offset = address - range->start;
    if (!MUTATED(memory_length) && bytes > range->bytes - offset)
        return 0;
    return is_write ? guest_memory_writable(memory, range, offset, bytes) : memory->address(range->machine + offset);
}

/* Whether all of [address, address + bytes) may be accessed. */
static bool guest_memory_allows(const struct guest_memory *memory, coop_paddr address, uint64_t bytes, bool is_write)
{
    if (address + bytes < address)
        return false;
    if (memory->locate)
        return guest_memory_scattered_allows(memory, address, bytes, is_write);
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
        uint64_t here;
        const void *at = guest_memory_piece(memory, address, bytes, &here);
        if (!at)
            return false;
        memcpy(out, at, here);
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
        uint64_t here;
        void *at = guest_memory_piece(memory, address, bytes, &here);
        if (!at)
            return false;
        memcpy(at, in, here);
        in += here;
        address += here;
        bytes -= here;
    }
    return true;
}

bool guest_memory_read_entry(void *memory, coop_paddr address, unsigned bytes, uint64_t *entry)
{
    const void *at = guest_memory_pointer(memory, address, bytes, false);
    if (!at)
        return false;
    *entry = bytes == 4 ? *(const volatile uint32_t *)at : *(const volatile uint64_t *)at;
    return true;
}

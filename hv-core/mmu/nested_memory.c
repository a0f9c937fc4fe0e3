/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * References are a short list, since a device holds a page for a copy only, and a queue's rings for long: the last one
 * taken is mostly the first given back.
 */
#include "mmu/nested_memory.h"
#include <coopvirt/error.h>
#include <coopvirt/mutation.h>
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

#define FRAME_NONE UINT64_MAX

void nested_memory_start(struct nested_memory *nested, struct nested_tables *tables, struct guest_memory *memory)
{
    nested->tables = tables;
    nested->memory = memory;
    nested->range_count = nested->hold_count = 0;
}

/* ---- references ---- */

void *nested_memory_hold(struct nested_memory *nested, coop_paddr address, uint64_t bytes, bool is_write)
{
    void *at = guest_memory_pointer(nested->memory, address, bytes, is_write);
    if (!at || nested->hold_count == NESTED_MEMORY_HOLDS)
        return 0;
    nested->holds[nested->hold_count++] = (struct nested_hold){address, bytes};
    return at;
}

void nested_memory_unhold(struct nested_memory *nested, coop_paddr address, uint64_t bytes)
{
    for (unsigned i = nested->hold_count; i-- > 0;)
        if (nested->holds[i].start == address && nested->holds[i].bytes == bytes) {
            nested->holds[i] = nested->holds[--nested->hold_count];
            return;
        }
}

static bool nested_memory_is_held(const struct nested_memory *nested, coop_paddr start, uint64_t bytes)
{
    for (unsigned i = 0; i < nested->hold_count; i++) {
        const struct nested_hold *hold = &nested->holds[i];
        if (hold->start < start + bytes && hold->start + hold->bytes > start)
            return true;
    }
    return false;
}

/* ---- pages ---- */

/* The hypervisor's own look at a page: struct guest_memory, `locate`. */
static bool nested_memory_locate(void *context, coop_paddr page, bool is_write, coop_paddr *machine)
{
    const struct nested_memory *nested = context;
    struct nested_mapping mapping = nested_lookup(nested->tables, page);
    *machine = mapping.machine;
    return mapping.is_present && (!is_write || mapping.permissions & NESTED_WRITE);
}

static void nested_memory_scatter(struct nested_memory *nested)
{
    struct guest_memory *memory = nested->memory;
    if (nested->range_count)
        return;
    memcpy(nested->ranges, memory->ranges, sizeof(nested->ranges));
    nested->range_count = memory->count;
    memory->locate_context = nested;
    memory->locate = nested_memory_locate;
    memory->count = 0;
}

/* The range of the VM's memory that an address lies in, scattered or not; NULL. */
static const struct guest_memory_range *nested_memory_range(const struct nested_memory *nested, coop_paddr page)
{
    const struct guest_memory_range *ranges = nested->range_count ? nested->ranges : nested->memory->ranges;
    unsigned count = nested->range_count ? nested->range_count : nested->memory->count;
    for (unsigned i = 0; i < count; i++)
        if (page >= ranges[i].start && page - ranges[i].start < ranges[i].bytes)
            return &ranges[i];
    return 0;
}

static bool nested_memory_is_ram(const struct nested_memory *nested, coop_paddr page, uint64_t bytes)
{
    const struct guest_memory_range *range = nested_memory_range(nested, page);
    return !(page & (bytes - 1)) && range && range->is_writable && range->bytes - (page - range->start) >= bytes;
}

int nested_memory_release(struct nested_memory *nested, coop_paddr page, coop_paddr *machine)
{
    struct nested_mapping mapping = nested_lookup(nested->tables, page);
    if (!mapping.is_present || !(mapping.permissions & NESTED_WRITE))
        return -EINVAL;
    if (!MUTATED(nested_memory_held) && nested_memory_is_held(nested, page, X86_PAGE_BYTES))
        return -EBUSY;
    int error = MUTATED(nested_memory_unmap) ? 0 : nested_protect(nested->tables, page, X86_PAGE_BYTES, 0);
    if (error)
        return error;
    if (!MUTATED(nested_memory_scatter))
        nested_memory_scatter(nested);
    *machine = mapping.machine;
    return 0;
}

int nested_memory_wants(const struct nested_memory *nested, coop_paddr page)
{
    bool is_ram = MUTATED(nested_memory_ram) || nested_memory_is_ram(nested, page, X86_PAGE_BYTES);
    return is_ram && !nested_lookup(nested->tables, page).is_present ? 0 : -EINVAL;
}

int nested_memory_populate(struct nested_memory *nested, coop_paddr page, coop_paddr machine)
{
    return nested_map(nested->tables, page, machine, X86_PAGE_BYTES, NESTED_ALL);
}

int nested_memory_large(struct nested_memory *nested, coop_paddr start, coop_paddr *table)
{
    struct nested_mapping mapping = nested_lookup(nested->tables, start);
    *table = FRAME_NONE;
    if (!MUTATED(nested_large_ram) && !nested_memory_is_ram(nested, start, X86_PAGE_2M))
        return -EINVAL;
    if (mapping.is_present && mapping.page_bytes >= X86_PAGE_2M)
        return 0;
    if (!nested_join(nested->tables, start, table))
        return 0;
    return nested_memory_is_held(nested, start, X86_PAGE_2M) && !MUTATED(nested_large_held) ? -EBUSY : -EAGAIN;
}

int nested_memory_move(struct nested_memory *nested, coop_paddr start, coop_paddr machine, coop_paddr *table)
{
    int error = nested_replace(nested->tables, start, machine, NESTED_ALL, table);
    if (!error && !MUTATED(nested_large_scatter))
        nested_memory_scatter(nested);
    return error;
}

coop_paddr nested_memory_home(const struct nested_memory *nested, coop_paddr page)
{
    const struct guest_memory_range *range = nested_memory_range(nested, page);
    return range ? range->machine + (page - range->start) : FRAME_NONE;
}

void nested_memory_visit(const struct nested_memory *nested, void (*visit)(void *context, coop_paddr machine),
                         void *context)
{
    for (unsigned i = 0; i < nested->range_count; i++)
        for (uint64_t at = 0; at < nested->ranges[i].bytes; at += X86_PAGE_BYTES) {
            struct nested_mapping mapping = nested_lookup(nested->tables, nested->ranges[i].start + at);
            if (mapping.is_present)
                visit(context, mapping.machine);
        }
}

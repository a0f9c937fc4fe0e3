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

static bool nested_memory_is_held(const struct nested_memory *nested, coop_paddr page)
{
    for (unsigned i = 0; i < nested->hold_count; i++) {
        const struct nested_hold *hold = &nested->holds[i];
        if (hold->start < page + X86_PAGE_BYTES && hold->start + hold->bytes > page)
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

static bool nested_memory_is_ram(const struct nested_memory *nested, coop_paddr page)
{
    const struct guest_memory_range *ranges = nested->range_count ? nested->ranges : nested->memory->ranges;
    unsigned count = nested->range_count ? nested->range_count : nested->memory->count;
    if (page & (X86_PAGE_BYTES - 1))
        return false;
    for (unsigned i = 0; i < count; i++)
        if (page >= ranges[i].start && page - ranges[i].start < ranges[i].bytes)
            return ranges[i].is_writable && ranges[i].bytes - (page - ranges[i].start) >= X86_PAGE_BYTES;
    return false;
}

int nested_memory_release(struct nested_memory *nested, coop_paddr page, coop_paddr *machine)
{
    struct nested_mapping mapping = nested_lookup(nested->tables, page);
    if (!mapping.is_present || !(mapping.permissions & NESTED_WRITE))
        return -EINVAL;
    if (!MUTATED(nested_memory_held) && nested_memory_is_held(nested, page))
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
    bool is_ram = MUTATED(nested_memory_ram) || nested_memory_is_ram(nested, page);
    return is_ram && !nested_lookup(nested->tables, page).is_present ? 0 : -EINVAL;
}

int nested_memory_populate(struct nested_memory *nested, coop_paddr page, coop_paddr machine)
{
    return nested_map(nested->tables, page, machine, X86_PAGE_BYTES, NESTED_ALL);
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

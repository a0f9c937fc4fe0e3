/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Building, changing and reading nested tables. Recursion is by level and ends at level 0.
 * APM vol. 2, "Nested Paging"; four levels of nine bits in AMD's and Intel's format alike.
 */
#include "mmu/nested.h"
#include <coopvirt/error.h>
#include <coopvirt/x86.h>

#define FRAME_NONE UINT64_MAX
#define LIMIT      (1ul << 48)

static uint64_t nested_page_bytes(unsigned level)
{
    return X86_PAGE_BYTES << (9 * level);
}

static unsigned nested_index(coop_paddr guest, unsigned level)
{
    return guest >> (12 + 9 * level) & 511;
}

static uint64_t nested_leaf(const struct nested_format *format, coop_paddr machine, unsigned permissions,
                            unsigned level)
{
    uint64_t entry = machine | format->read;
    if (permissions & NESTED_WRITE)
        entry |= format->write;
    entry |= permissions & NESTED_EXECUTE ? format->execute : format->no_execute;
    if (level)
        entry |= format->large;
    return entry;
}

static bool nested_is_leaf(const struct nested_format *format, uint64_t entry, unsigned level)
{
    return level == 0 || entry & format->large;
}

static unsigned nested_permissions(const struct nested_format *format, uint64_t entry)
{
    bool executable = (entry & format->execute) == format->execute && !(entry & format->no_execute);
    return NESTED_READ | ((entry & format->write) == format->write ? NESTED_WRITE : 0) |
           (executable ? NESTED_EXECUTE : 0);
}

static uint64_t *nested_table(const struct nested_tables *tables, coop_paddr frame)
{
    return tables->world.address(frame);
}

static coop_paddr nested_allocate(struct nested_tables *tables)
{
    coop_paddr frame = tables->world.allocate(tables->world.context);
    if (frame != FRAME_NONE)
        tables->table_frames++;
    return frame;
}

int nested_create(struct nested_tables *tables, const struct nested_format *format, const struct nested_world *world)
{
    *tables = (struct nested_tables){.format = format, .world = *world};
    tables->root = nested_allocate(tables);
    return tables->root == FRAME_NONE ? -ENOMEM : 0;
}

static void nested_release(struct nested_tables *tables, coop_paddr frame, unsigned level)
{
    const uint64_t *table = nested_table(tables, frame);
    for (unsigned i = 0; level && i < 512; i++)
        if (table[i] & tables->format->present && !nested_is_leaf(tables->format, table[i], level))
            nested_release(tables, table[i] & X86_PTE_FRAME, level - 1);
    tables->world.release(tables->world.context, frame);
    tables->table_frames--;
}

void nested_destroy(struct nested_tables *tables)
{
    if (tables->root != FRAME_NONE)
        nested_release(tables, tables->root, NESTED_LEVELS - 1);
    tables->root = FRAME_NONE;
}

/* The largest page level at which both addresses are aligned and that fits in `bytes`. */
static unsigned nested_level_for(const struct nested_format *format, coop_paddr guest, coop_paddr machine,
                                 uint64_t bytes)
{
    unsigned level = format->has_1g ? 2 : 1;
    while (level && (((guest | machine) & (nested_page_bytes(level) - 1)) || bytes < nested_page_bytes(level)))
        level--;
    return level;
}

/* The entry for an address at a level, making tables on the way down; NULL with *error set. */
static uint64_t *nested_entry(struct nested_tables *tables, coop_paddr guest, unsigned level, int *error)
{
    uint64_t *entry = &nested_table(tables, tables->root)[nested_index(guest, NESTED_LEVELS - 1)];
    for (unsigned at = NESTED_LEVELS - 1; at > level; at--) {
        if (!(*entry & tables->format->present)) {
            coop_paddr frame = nested_allocate(tables);
            if (frame == FRAME_NONE) {
                *error = -ENOMEM;
                return 0;
            }
            *entry = frame | tables->format->table;
        } else if (nested_is_leaf(tables->format, *entry, at)) {
            *error = -EEXIST;
            return 0;
        }
        entry = &nested_table(tables, *entry & X86_PTE_FRAME)[nested_index(guest, at - 1)];
    }
    return entry;
}

static bool nested_range_ok(coop_paddr start, uint64_t bytes)
{
    return bytes && !((start | bytes) & (X86_PAGE_BYTES - 1)) && start < LIMIT && bytes <= LIMIT - start;
}

int nested_map(struct nested_tables *tables, coop_paddr guest, coop_paddr machine, uint64_t bytes, unsigned permissions)
{
    if (!nested_range_ok(guest, bytes) || !nested_range_ok(machine, bytes) || !(permissions & NESTED_READ))
        return -EINVAL;
    while (bytes) {
        unsigned level = nested_level_for(tables->format, guest, machine, bytes);
        int error = 0;
        uint64_t *entry = nested_entry(tables, guest, level, &error);
        /* A table where a large page would fit: go down to the pages that it holds. */
        while (entry && *entry & tables->format->present && level && !nested_is_leaf(tables->format, *entry, level))
            entry = nested_entry(tables, guest, --level, &error);
        if (!entry)
            return error;
        if (*entry & tables->format->present)
            return -EEXIST;
        *entry = nested_leaf(tables->format, machine, permissions, level);
        tables->pages[level]++;
        guest += nested_page_bytes(level);
        machine += nested_page_bytes(level);
        bytes -= nested_page_bytes(level);
    }
    return 0;
}

/* Replaces a large page by a table of pages one level down with the same rights. */
static int nested_split(struct nested_tables *tables, uint64_t *entry, unsigned level)
{
    coop_paddr frame = nested_allocate(tables);
    if (frame == FRAME_NONE)
        return -ENOMEM;
    uint64_t *table = nested_table(tables, frame);
    coop_paddr machine = *entry & X86_PTE_FRAME & ~(nested_page_bytes(level) - 1);
    unsigned permissions = nested_permissions(tables->format, *entry);
    for (unsigned i = 0; i < 512; i++)
        table[i] = nested_leaf(tables->format, machine + i * nested_page_bytes(level - 1), permissions, level - 1);
    *entry = frame | tables->format->table;
    tables->pages[level]--;
    tables->pages[level - 1] += 512;
    tables->splits++;
    return 0;
}

static int nested_protect_level(struct nested_tables *tables, coop_paddr frame, unsigned level, coop_paddr guest,
                                coop_paddr end, unsigned permissions)
{
    uint64_t *table = nested_table(tables, frame);
    uint64_t page = nested_page_bytes(level);
    while (guest < end) {
        uint64_t *entry = &table[nested_index(guest, level)];
        coop_paddr next = (guest & ~(page - 1)) + page;
        coop_paddr stop = next < end ? next : end;
        if (*entry & tables->format->present) {
            bool whole = guest + page == stop;
            if (nested_is_leaf(tables->format, *entry, level) && whole) {
                coop_paddr machine = *entry & X86_PTE_FRAME & ~(page - 1);
                *entry = permissions ? nested_leaf(tables->format, machine, permissions, level) : 0;
                tables->pages[level] -= permissions == 0;
            } else {
                int error = nested_is_leaf(tables->format, *entry, level) ? nested_split(tables, entry, level) : 0;
                if (!error)
                    error = nested_protect_level(tables, *entry & X86_PTE_FRAME, level - 1, guest, stop, permissions);
                if (error)
                    return error;
            }
        }
        guest = stop;
    }
    return 0;
}

int nested_protect(struct nested_tables *tables, coop_paddr guest, uint64_t bytes, unsigned permissions)
{
    if (!nested_range_ok(guest, bytes) || (permissions && !(permissions & NESTED_READ)))
        return -EINVAL;
    return nested_protect_level(tables, tables->root, NESTED_LEVELS - 1, guest, guest + bytes, permissions);
}

struct nested_mapping nested_lookup(const struct nested_tables *tables, coop_paddr guest)
{
    coop_paddr frame = tables->root;
    if (guest >= LIMIT)
        return (struct nested_mapping){0};
    for (unsigned level = NESTED_LEVELS; level-- > 0;) {
        uint64_t entry = nested_table(tables, frame)[nested_index(guest, level)];
        if (!(entry & tables->format->present))
            return (struct nested_mapping){0};
        if (nested_is_leaf(tables->format, entry, level)) {
            uint64_t page = nested_page_bytes(level);
            coop_paddr machine = (entry & X86_PTE_FRAME & ~(page - 1)) | (guest & (page - 1));
            return (struct nested_mapping){true, machine, page, nested_permissions(tables->format, entry)};
        }
        frame = entry & X86_PTE_FRAME;
    }
    return (struct nested_mapping){0};
}

/* ---- between 4 KiB and 2 MiB ---- */

coop_paddr nested_table_page(const struct nested_tables *tables, coop_paddr table, unsigned index)
{
    uint64_t entry = nested_table(tables, table)[index];
    return entry & tables->format->present ? entry & X86_PTE_FRAME : FRAME_NONE;
}

void nested_release_table(struct nested_tables *tables, coop_paddr table)
{
    tables->world.release(tables->world.context, table);
    tables->table_frames--;
}

int nested_replace(struct nested_tables *tables, coop_paddr guest, coop_paddr machine, unsigned permissions,
                   coop_paddr *table)
{
    int error = 0;
    if (!nested_range_ok(guest, X86_PAGE_2M) || (guest | machine) & (X86_PAGE_2M - 1) || !(permissions & NESTED_READ))
        return -EINVAL;
    uint64_t *entry = nested_entry(tables, guest, 1, &error);
    if (!entry)
        return error;
    *table = FRAME_NONE;
    if (*entry & tables->format->present) {
        if (nested_is_leaf(tables->format, *entry, 1))
            return -EEXIST;
        *table = *entry & X86_PTE_FRAME;
        for (unsigned i = 0; i < 512; i++)
            tables->pages[0] -= nested_table_page(tables, *table, i) != FRAME_NONE;
    }
    *entry = nested_leaf(tables->format, machine, permissions, 1);
    tables->pages[1]++;
    tables->joined++;
    return 0;
}

/* The last-level table for an address, or FRAME_NONE. */
static coop_paddr nested_find_table(const struct nested_tables *tables, coop_paddr guest)
{
    coop_paddr frame = tables->root;
    for (unsigned level = NESTED_LEVELS - 1; level; level--) {
        uint64_t entry = nested_table(tables, frame)[nested_index(guest, level)];
        if (!(entry & tables->format->present) || nested_is_leaf(tables->format, entry, level))
            return FRAME_NONE;
        frame = entry & X86_PTE_FRAME;
    }
    return frame;
}

static bool nested_continues(const struct nested_tables *tables, const uint64_t *table, unsigned index)
{
    uint64_t first = table[0], entry = table[index];
    return entry & tables->format->present &&
           (entry & X86_PTE_FRAME) == (first & X86_PTE_FRAME) + index * X86_PAGE_BYTES &&
           nested_permissions(tables->format, entry) == nested_permissions(tables->format, first);
}

int nested_join(struct nested_tables *tables, coop_paddr guest, coop_paddr *table)
{
    coop_paddr frame = guest < LIMIT ? nested_find_table(tables, guest) : FRAME_NONE;
    if (frame == FRAME_NONE)
        return -EINVAL;
    const uint64_t *entries = nested_table(tables, frame);
    if (!(entries[0] & tables->format->present) || (entries[0] & X86_PTE_FRAME) & (X86_PAGE_2M - 1))
        return -EINVAL;
    unsigned here = nested_index(guest, 0);
    /* Those beside the page that came back first: pages mostly come back in an order. */
    if (!nested_continues(tables, entries, (here + 1) & 511) || !nested_continues(tables, entries, (here - 1) & 511))
        return -EINVAL;
    for (unsigned i = 0; i < 512; i++)
        if (!nested_continues(tables, entries, i))
            return -EINVAL;
    return nested_replace(tables, guest & ~(X86_PAGE_2M - 1), entries[0] & X86_PTE_FRAME,
                          nested_permissions(tables->format, entries[0]), table);
}

/* An entry that was not used leads to none that was. */
static void nested_touched_level(struct nested_tables *tables, coop_paddr frame, unsigned level, uint64_t touched[3],
                                 bool is_reset)
{
    const struct nested_format *format = tables->format;
    uint64_t *table = nested_table(tables, frame);
    for (unsigned i = 0; i < 512; i++) {
        if (!(table[i] & format->present) || !(table[i] & format->accessed))
            continue;
        if (nested_is_leaf(format, table[i], level))
            touched[level]++;
        else
            nested_touched_level(tables, table[i] & X86_PTE_FRAME, level - 1, touched, is_reset);
        if (is_reset)
            __atomic_fetch_and(&table[i], ~format->accessed, __ATOMIC_RELAXED);
    }
}

void nested_touched(struct nested_tables *tables, uint64_t touched[3], bool is_reset)
{
    touched[0] = touched[1] = touched[2] = 0;
    if (tables->format->accessed)
        nested_touched_level(tables, tables->root, NESTED_LEVELS - 1, touched, is_reset);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filling, in pieces of 4 KiB whatever the guest's page size. An entry exists only where the guest's has its accessed
 * bit set and is writable only where the dirty bit is, so that the guest's tables say what a CPU would have left in
 * them.
 */
#include "mmu/shadow_fill.h"
#include "mmu/shadow_guest.h"
#include "mmu/shadow_sync.h"

#define AROUND 16 /* entries that are mapped together: a power of two */

/* The bits of the entry at a level above 0: the guest's rights; when it maps a large page, writing only once it is
 * dirty. */
static uint64_t shadow_fill_table_bits(const struct shadow_cpu *cpu, const struct shadow_way *way, unsigned level)
{
    uint64_t entry = way->entries[level], bits = X86_PTE_P | (cpu->role & SHADOW_ROLE_KERNEL_3 ? X86_PTE_U : 0);
    if (cpu->root_level == 2 && level == 2)
        return bits; /* APM vol. 2, "Legacy-Mode Physical Page Translation": the top entries of PAE have no rights */
    bits |= X86_PTE_A;
    if (level < way->leaf)
        return bits | X86_PTE_W | X86_PTE_U;
    if ((entry & X86_PTE_W || cpu->role & SHADOW_ROLE_WP_OFF) && (level > way->leaf || entry & X86_PTE_D))
        bits |= X86_PTE_W;
    return bits | (entry & (X86_PTE_U | X86_PTE_NX));
}

/* The page that the entry at a level above 0 points to. */
static struct shadow_page *shadow_fill_child(struct shadow *shadow, const struct shadow_cpu *cpu,
                                             const struct shadow_way *way, uint64_t linear, unsigned level)
{
    shadow_role role = SHADOW_ROLE_LEVEL(level - 1);
    uint64_t frame;
    if (cpu->role & SHADOW_ROLE_WP_OFF) {
        uint64_t rights = ~0ul;
        for (unsigned i = SHADOW_LEVELS; i-- > (level > way->leaf ? level : way->leaf);)
            rights &= way->entries[i];
        role |= (cpu->role & (SHADOW_ROLE_WP_OFF | SHADOW_ROLE_SMEP | SHADOW_ROLE_SMAP)) |
                (rights & X86_PTE_W ? SHADOW_ROLE_WAY_WRITE : 0) | (rights & X86_PTE_U ? SHADOW_ROLE_WAY_USER : 0);
    }
    if (level <= way->leaf) {
        role |= SHADOW_ROLE_DIRECT;
        frame = way->found.address >> X86_PAGE_SHIFT & ~((1ul << 9 * level) - 1);
        return shadow_page_get(shadow, frame, role);
    }
    role |= cpu->role;
    if ((role & SHADOW_ROLE_FORMAT) == SHADOW_ROLE_32)
        role |= SHADOW_ROLE_QUADRANT(level == 2 ? linear >> 30 & 3 : linear >> 21 & 1);
    if ((role & SHADOW_ROLE_FORMAT) == SHADOW_ROLE_32 && level == 2)
        frame = cpu->root->guest_frame; /* the quadrants of the directory itself */
    else
        frame = (way->trace.entries[cpu->walker.format->levels - 1 - level] & X86_PTE_FRAME) >> X86_PAGE_SHIFT;
    return shadow_page_get(shadow, frame, role);
}

/* The child at an index, linked with these bits. */
static struct shadow_page *shadow_fill_descend(struct shadow *shadow, struct shadow_page *page, unsigned index,
                                               uint64_t bits, struct shadow_page *child)
{
    uint64_t value = child->frame | bits;
    child->stamp = shadow->stamp;
    child->writes = 0;
    if (shadow_page_has(page, index)) {
        uint64_t old = page->entries[index];
        /* The CPU sets accessed bits of its own. */
        if ((old | X86_PTE_A) == (value | X86_PTE_A))
            return child;
        shadow_page_drop(shadow, page, index);
        shadow_page_flush(shadow, SHADOW_FLUSH_UNLINK);
    }
    shadow_page_link(shadow, page, index, bits, child);
    return child;
}

/* Rights of the page itself. With CR0.WP clear the kernel writes where users may only read: while it does, the page is
 * taken from the users, whose next access brings it back: not with SMAP, which would not keep the kernel from it then,
 * so that such writes are carried out one by one. */
static uint64_t shadow_fill_page_bits(const struct shadow_cpu *cpu, const struct shadow_way *way,
                                      struct walker_access access)
{
    uint64_t entry = way->leaf ? X86_PTE_W | X86_PTE_U | X86_PTE_D : way->entries[0];
    uint64_t bits = X86_PTE_P | X86_PTE_A | (entry & (X86_PTE_U | X86_PTE_NX));
    bool is_dirty = entry & X86_PTE_D;
    if (!(cpu->role & SHADOW_ROLE_WP_OFF))
        return bits | (entry & X86_PTE_W && is_dirty ? X86_PTE_W | X86_PTE_D : 0);
    if (way->leaf && !(way->entries[way->leaf] & X86_PTE_D))
        is_dirty = false;
    if (!is_dirty)
        return bits;
    if (way->trace.writable || !way->trace.user)
        return bits | X86_PTE_W | X86_PTE_D;
    if (!access.is_write || access.is_user)
        return bits;
    return (bits & ~X86_PTE_U) | X86_PTE_W | X86_PTE_D | (cpu->walker.smep ? X86_PTE_NX : 0);
}

static void shadow_fill_set(struct shadow *shadow, struct shadow_page *page, unsigned index, uint64_t value,
                            uint64_t source)
{
    if (shadow_page_has(page, index)) {
        uint64_t old = page->entries[index];
        if (old == value && page->sources[index] == source)
            return;
        bool is_wider = !((old ^ value) & (X86_PTE_FRAME | X86_PTE_U)) && !(old & ~value & X86_PTE_W) &&
                        !(value & ~old & X86_PTE_NX);
        shadow_page_drop(shadow, page, index);
        if (!is_wider)
            shadow_page_flush(shadow, SHADOW_FLUSH_NARROW);
    }
    shadow_page_map(shadow, page, index, value, source);
}

/* The way from the root to the page that maps `linear`, made where it is missing. NULL without memory. */
static struct shadow_page *shadow_fill_way(struct shadow *shadow, struct shadow_cpu *cpu, const struct shadow_way *way,
                                           uint64_t linear)
{
    struct shadow_page *page = cpu->root;
    for (unsigned level = cpu->root_level; level; level--) {
        struct shadow_page *child = shadow_fill_child(shadow, cpu, way, linear, level);
        if (!child)
            return 0;
        page = shadow_fill_descend(shadow, page, shadow_page_index(linear, level),
                                   shadow_fill_table_bits(cpu, way, level), child);
    }
    return page;
}

/* Whether the guest's entry at a level is what the walk found. */
static bool shadow_fill_is_current(const struct shadow *shadow, const struct walker_format *format,
                                   const struct walker_trace *trace, unsigned level)
{
    unsigned depth = format->levels - 1 - level;
    if (depth >= trace->depth) /* the upper half of a 32-bit root is no table */
        return true;
    uint64_t now;
    if (!guest_memory_read_entry((void *)shadow->memory, trace->addresses[depth], format->entry_bytes, &now))
        return false;
    return !((now ^ trace->entries[depth]) & ~(uint64_t)(X86_PTE_A | X86_PTE_D));
}

/* Another CPU may have changed a table between the walk and the time from which that is noticed: then what follows from
 * it goes again, for the guest to try once more. */
static __attribute__((noinline)) bool shadow_fill_is_outdated(struct shadow *shadow, const struct shadow_cpu *cpu,
                                                              const struct shadow_way *way, uint64_t linear)
{
    const struct walker_format *format = cpu->walker.format;
    struct shadow_page *page = cpu->root;
    if (!format)
        return false;
    for (unsigned level = cpu->root_level;; level--) {
        unsigned index = shadow_page_index(linear, level);
        if (!shadow_fill_is_current(shadow, format, &way->trace, level)) {
            if (shadow_page_has(page, index))
                shadow_page_drop(shadow, page, index);
            shadow_page_flush(shadow, SHADOW_FLUSH_UNLINK);
            return true;
        }
        if (level == way->leaf)
            return false;
        page = shadow_page_child(shadow, page, index);
    }
}

enum shadow_outcome shadow_fill_page(struct shadow *shadow, struct shadow_page *page, unsigned index,
                                     const struct guest_memory_range *range, coop_paddr address, uint64_t bits,
                                     uint64_t source, bool is_write)
{
    if (page->role & SHADOW_ROLE_KERNEL_3)
        bits |= X86_PTE_U;
    if (!range->is_writable)
        bits &= ~X86_PTE_W;
    if (bits & X86_PTE_W &&
        !shadow_sync_may_write(shadow, shadow_page_frame(shadow, address >> X86_PAGE_SHIFT), is_write)) {
        if (is_write)
            return SHADOW_TABLE_WRITE;
        bits &= ~X86_PTE_W;
    }
    coop_paddr machine = (range->machine + (address - range->start)) & X86_PTE_FRAME;
    shadow_fill_set(shadow, page, index, machine | bits, source);
    return SHADOW_MAPPED;
}

void shadow_fill_around(struct shadow *shadow, const struct shadow_cpu *cpu, struct shadow_page *page, unsigned index)
{
    unsigned first = index & ~(AROUND - 1);
    if (page->present > AROUND || !cpu->has_short_way)
        return;
    for (unsigned i = first; i < first + AROUND; i++) {
        if (shadow_page_has(page, i))
            continue;
        uint64_t entry =
            page->table ? shadow_guest_entry(page, i) : (page->guest_frame + i) << X86_PAGE_SHIFT | SHADOW_FILL_DIRECT;
        const struct guest_memory_range *range = guest_memory_find(shadow->memory, entry & X86_PTE_FRAME);
        if (range && (entry & (X86_PTE_P | X86_PTE_A)) == (X86_PTE_P | X86_PTE_A) && !(entry & SHADOW_FILL_RESERVED) &&
            !(entry & X86_PTE_NX && !cpu->walker.no_execute))
            shadow_fill_page(shadow, page, i, range, entry & X86_PTE_FRAME, shadow_fill_bits(entry), entry, false);
    }
}

enum shadow_outcome shadow_fill(struct shadow *shadow, struct shadow_cpu *cpu, const struct shadow_way *way,
                                uint64_t linear, struct walker_access access)
{
    coop_paddr address = way->found.address;
    const struct guest_memory_range *range = guest_memory_find(shadow->memory, address);
    if (!range)
        return SHADOW_DEVICE;
    if (access.is_write && !range->is_writable)
        return SHADOW_READ_ONLY;
    if (access.is_write && !access.is_user && cpu->role & SHADOW_ROLE_SMAP && way->trace.user && !way->trace.writable)
        return SHADOW_TABLE_WRITE;
    struct shadow_page *page = shadow_fill_way(shadow, cpu, way, linear);
    if (!page)
        return SHADOW_NO_MEMORY;
    if (shadow_page_has_others(shadow) && shadow_fill_is_outdated(shadow, cpu, way, linear))
        return SHADOW_MAPPED;
    unsigned index = shadow_page_index(linear, 0);
    enum shadow_outcome outcome = shadow_fill_page(
        shadow, page, index, range, address, shadow_fill_page_bits(cpu, way, access), way->entries[0], access.is_write);
    if (way->was_accessed || !page->table)
        shadow_fill_around(shadow, cpu, page, index);
    return outcome;
}

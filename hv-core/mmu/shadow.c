/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page faults and roots. A fault walks the guest's tables by the rules of the CPU; what they allow is filled in along
 * the way from the root to the page, in pieces of 4 KiB whatever the guest's page size, and what they do not allow is
 * the guest's own page fault. An entry exists only where the guest's has its accessed bit set and is writable only
 * where the dirty bit is, so that the guest's tables say what a CPU would have left in them.
 */
#include "mmu/shadow.h"
#include "mmu/shadow_guest.h"
#include "mmu/shadow_page.h"
#include "mmu/shadow_sync.h"
#include <coopvirt/error.h>

#define DIRECT_ALL 3 /* the level from which on everything is direct when paging is off: above the root */
/* Reserved in the last level of PAE, ignored in long mode: rare enough to let the whole walk decide. */
#define SHORT_RESERVED 0x7ff0000000000000ul
#define AROUND         16 /* entries that are mapped together: a power of two */
#define DIRECT_RIGHTS  (X86_PTE_P | X86_PTE_A | X86_PTE_D | X86_PTE_W | X86_PTE_U)
#define DIRECT_SOURCE  (~X86_PTE_NX) /* of an entry that comes from no entry of the guest's */
#define PAE_LIMIT      0x100000000ul /* a CR3 without long mode has 32 bits */

/* One guest walk, ordered by the levels of the shadow. */
struct shadow_way {
    struct walker_result found;
    struct walker_trace trace;
    unsigned leaf;                   /* the level of the guest's entry that maps the page */
    bool was_accessed;               /* that entry, before this access */
    uint64_t entries[SHADOW_LEVELS]; /* the guest's, from the leaf to the top; what it has no level for is all ones */
};

static uint64_t shadow_top_frame(const struct guest_memory *memory)
{
    const struct guest_memory_range *last = &memory->ranges[memory->count - 1];
    return (last->start + last->bytes) >> X86_PAGE_SHIFT;
}

static uint32_t shadow_hash_size(uint32_t pages)
{
    uint32_t size = 64;
    while (size < 2 * pages)
        size *= 2;
    return size;
}

static size_t shadow_round(size_t bytes)
{
    return (bytes + X86_PAGE_BYTES - 1) & ~(X86_PAGE_BYTES - 1);
}

size_t shadow_bytes(const struct guest_memory *memory, uint32_t pages)
{
    return shadow_round(shadow_top_frame(memory) * sizeof(struct shadow_frame)) +
           shadow_round(pages * sizeof(struct shadow_page)) + shadow_hash_size(pages) * sizeof(uint32_t);
}

int shadow_create(struct shadow *shadow, const struct shadow_world *world, const struct guest_memory *memory,
                  uint32_t pages, void *area)
{
    if (!memory->count || pages < SHADOW_PAGES_LEAST || pages >= UINT32_MAX / SHADOW_ENTRIES)
        return -EINVAL;
    *shadow = (struct shadow){.world = *world, .memory = memory, .has_unsync = true, .page_limit = pages};
    shadow->frame_count = shadow_top_frame(memory);
    shadow->frames = area;
    shadow->pages = (void *)((char *)area + shadow_round(shadow->frame_count * sizeof(struct shadow_frame)));
    shadow->hash = (void *)((char *)shadow->pages + shadow_round(pages * sizeof(struct shadow_page)));
    shadow->hash_mask = shadow_hash_size(pages) - 1;
    return 0;
}

void shadow_destroy(struct shadow *shadow)
{
    for (uint32_t i = 0; i < shadow->fresh; i++) {
        struct shadow_page *page = &shadow->pages[i];
        shadow->world.release(shadow->world.context, page->frame);
        shadow->world.release(shadow->world.context, page->frame_sources);
        shadow->world.release(shadow->world.context, page->frame_links);
    }
    shadow->fresh = 0;
}

/* The role that pages of this state share. */
static shadow_role shadow_role_of(const struct walker_state *state)
{
    shadow_role role = 0;
    if (!state->format)
        return SHADOW_ROLE_DIRECT;
    if (state->format == &walker_format_long4)
        role = SHADOW_ROLE_LONG;
    else
        role = state->format == &walker_format_pae ? SHADOW_ROLE_PAE : SHADOW_ROLE_32;
    if (state->no_execute)
        role |= SHADOW_ROLE_NX;
    if (state->format == &walker_format_32 && state->large_pages)
        role |= SHADOW_ROLE_PSE;
    if (!state->write_protect)
        role |= SHADOW_ROLE_WP_OFF | (state->smep ? SHADOW_ROLE_SMEP : 0);
    return role;
}

/* The root page for what CR3 holds. */
static struct shadow_page *shadow_get_root(struct shadow *shadow, const struct shadow_cpu *cpu)
{
    uint64_t cr3 = cpu->walker.root, frame = (cr3 & X86_PTE_FRAME) >> X86_PAGE_SHIFT;
    shadow_role role = cpu->role | SHADOW_ROLE_LEVEL(cpu->root_level);
    if (role & SHADOW_ROLE_WP_OFF)
        role |= SHADOW_ROLE_WAY_WRITE | SHADOW_ROLE_WAY_USER;
    if ((role & SHADOW_ROLE_FORMAT) == SHADOW_ROLE_PAE)
        role |= SHADOW_ROLE_OFFSET(cr3 >> 5 & 127);
    if ((role & SHADOW_ROLE_FORMAT) != SHADOW_ROLE_LONG)
        frame &= (PAE_LIMIT - 1) >> X86_PAGE_SHIFT;
    if (role & SHADOW_ROLE_DIRECT)
        frame = 0;
    else if (!shadow_guest_table(shadow, frame, role))
        return shadow_page_get(shadow, 0, SHADOW_ROLE_EMPTY | SHADOW_ROLE_LEVEL(cpu->root_level));
    return shadow_page_get(shadow, frame, role);
}

void shadow_unload(struct shadow *shadow, struct shadow_cpu *cpu)
{
    (void)shadow;
    if (cpu->root)
        cpu->root->roots--;
    cpu->root = 0;
}

static int shadow_change_root(struct shadow *shadow, struct shadow_cpu *cpu)
{
    shadow->stamp++;
    shadow_sync_all(shadow);
    shadow_unload(shadow, cpu);
    struct shadow_page *root = shadow_get_root(shadow, cpu);
    if (!root || (cpu->root_level == 2 && root->frame >= PAE_LIMIT))
        return -ENOMEM;
    root->roots++;
    root->stamp = shadow->stamp;
    root->writes = 0;
    cpu->root = root;
    shadow_page_flush(shadow, SHADOW_FLUSH_ROOT);
    return 0;
}

int shadow_load(struct shadow *shadow, struct shadow_cpu *cpu, const struct walker_state *state)
{
    cpu->walker = *state;
    cpu->role = shadow_role_of(state);
    cpu->root_level = cpu->role & SHADOW_ROLE_FORMAT && state->format == &walker_format_long4 ? 3 : 2;
    cpu->has_short_way =
        !(cpu->role & SHADOW_ROLE_WP_OFF) && (!state->format || (state->format->entry_bytes == 8 && !state->smap));
    return shadow_change_root(shadow, cpu);
}

int shadow_load_root(struct shadow *shadow, struct shadow_cpu *cpu, uint64_t cr3)
{
    cpu->walker.root = cr3;
    return shadow_change_root(shadow, cpu);
}

static bool shadow_read_entry(void *context, coop_paddr address, unsigned bytes, uint64_t *entry)
{
    const struct shadow *shadow = context;
    const void *at = guest_memory_pointer(shadow->memory, address, bytes, false);
    if (!at)
        return false;
    *entry = bytes == 4 ? *(const volatile uint32_t *)at : *(const volatile uint64_t *)at;
    return true;
}

/* Sets bits in a guest entry as the CPU does. False when somebody else has changed it. */
static bool shadow_mark(const struct shadow *shadow, coop_paddr address, unsigned bytes, uint64_t *entry, uint64_t bits)
{
    uint64_t old = *entry;
    if ((old & bits) == bits)
        return true;
    *entry |= bits;
    void *at = guest_memory_pointer(shadow->memory, address, bytes, true);
    if (!at)
        return true; /* in read-only memory: the write is lost */
    uint32_t small = (uint32_t)old;
    if (bytes == 4)
        return __atomic_compare_exchange_n((uint32_t *)at, &small, (uint32_t)*entry, false, __ATOMIC_SEQ_CST,
                                           __ATOMIC_SEQ_CST);
    return __atomic_compare_exchange_n((uint64_t *)at, &old, *entry, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* Accessed in every entry on the way (the top ones of PAE have none), dirty in the one that maps a page to be written.
 */
static bool shadow_mark_way(const struct shadow *shadow, const struct walker_format *format, struct walker_trace *trace,
                            bool is_write)
{
    for (unsigned depth = 0; depth < trace->depth; depth++) {
        uint64_t bits = format->level[depth].has_permissions ? X86_PTE_A : 0;
        if (is_write && depth + 1 == trace->depth)
            bits |= X86_PTE_D;
        if (!shadow_mark(shadow, trace->addresses[depth], format->entry_bytes, &trace->entries[depth], bits))
            return false;
    }
    return true;
}

static void shadow_walk(struct shadow *shadow, const struct shadow_cpu *cpu, uint64_t linear,
                        struct walker_access access, struct shadow_way *way)
{
    const struct walker_format *format = cpu->walker.format;
    struct walker_memory memory = {shadow, shadow_read_entry};
    do {
        way->found = walker_walk(&cpu->walker, &memory, linear, access, &way->trace);
        way->was_accessed = way->found.ok && format && way->trace.entries[way->trace.depth - 1] & X86_PTE_A;
    } while (way->found.ok && format && !shadow_mark_way(shadow, format, &way->trace, access.is_write));
    way->leaf = format ? format->levels - way->trace.depth : DIRECT_ALL;
    for (unsigned level = 0; level < SHADOW_LEVELS; level++)
        way->entries[level] = DIRECT_SOURCE;
    for (unsigned depth = 0; format && depth < way->trace.depth; depth++)
        if (format->level[depth].has_permissions)
            way->entries[format->levels - 1 - depth] = way->trace.entries[depth];
}

/* The bits of the entry at a level above 0: the guest's rights; when it maps a large page, writing only once it is
 * dirty. */
static uint64_t shadow_table_bits(const struct shadow_cpu *cpu, const struct shadow_way *way, unsigned level)
{
    uint64_t entry = way->entries[level], bits = X86_PTE_P;
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
static struct shadow_page *shadow_get_child(struct shadow *shadow, const struct shadow_cpu *cpu,
                                            const struct shadow_way *way, uint64_t linear, unsigned level)
{
    shadow_role role = SHADOW_ROLE_LEVEL(level - 1);
    uint64_t frame;
    if (cpu->role & SHADOW_ROLE_WP_OFF) {
        uint64_t rights = ~0ul;
        for (unsigned i = SHADOW_LEVELS; i-- > (level > way->leaf ? level : way->leaf);)
            rights &= way->entries[i];
        role |= (cpu->role & (SHADOW_ROLE_WP_OFF | SHADOW_ROLE_SMEP)) |
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
static struct shadow_page *shadow_descend(struct shadow *shadow, struct shadow_page *page, unsigned index,
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
 * taken from the users, whose next access brings it back. */
static uint64_t shadow_page_bits(const struct shadow_cpu *cpu, const struct shadow_way *way,
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

static void shadow_set_page(struct shadow *shadow, struct shadow_page *page, unsigned index, uint64_t value,
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
        struct shadow_page *child = shadow_get_child(shadow, cpu, way, linear, level);
        if (!child)
            return 0;
        page =
            shadow_descend(shadow, page, shadow_page_index(linear, level), shadow_table_bits(cpu, way, level), child);
    }
    return page;
}

/* Maps the page itself. */
static enum shadow_outcome shadow_fill_page(struct shadow *shadow, struct shadow_page *page, unsigned index,
                                            const struct guest_memory_range *range, coop_paddr address, uint64_t bits,
                                            uint64_t source, bool is_write)
{
    if (!range->is_writable)
        bits &= ~X86_PTE_W;
    if (bits & X86_PTE_W &&
        !shadow_sync_may_write(shadow, shadow_page_frame(shadow, address >> X86_PAGE_SHIFT), is_write)) {
        if (is_write)
            return SHADOW_TABLE_WRITE;
        bits &= ~X86_PTE_W;
    }
    coop_paddr machine = (range->machine + (address - range->start)) & X86_PTE_FRAME;
    shadow_set_page(shadow, page, index, machine | bits, source);
    return SHADOW_MAPPED;
}

/* Of an entry that maps a page, when those above it have been copied with their rights. */
static uint64_t shadow_short_bits(uint64_t entry)
{
    uint64_t bits = entry & (X86_PTE_P | X86_PTE_A | X86_PTE_U | X86_PTE_NX);
    return entry & X86_PTE_W && entry & X86_PTE_D ? bits | X86_PTE_W | X86_PTE_D : bits;
}

/* Maps what stands beside an entry of a young page and has been accessed before: a new process does what its parent
 * did. */
static void shadow_map_around(struct shadow *shadow, const struct shadow_cpu *cpu, struct shadow_page *page,
                              unsigned index)
{
    unsigned first = index & ~(AROUND - 1);
    if (page->present > AROUND || !cpu->has_short_way)
        return;
    for (unsigned i = first; i < first + AROUND; i++) {
        if (shadow_page_has(page, i))
            continue;
        uint64_t entry =
            page->table ? shadow_guest_entry(page, i) : (page->guest_frame + i) << X86_PAGE_SHIFT | DIRECT_RIGHTS;
        const struct guest_memory_range *range = guest_memory_find(shadow->memory, entry & X86_PTE_FRAME);
        if (range && (entry & (X86_PTE_P | X86_PTE_A)) == (X86_PTE_P | X86_PTE_A) && !(entry & SHORT_RESERVED) &&
            !(entry & X86_PTE_NX && !cpu->walker.no_execute))
            shadow_fill_page(shadow, page, i, range, entry & X86_PTE_FRAME, shadow_short_bits(entry), entry, false);
    }
}

static enum shadow_outcome shadow_fill(struct shadow *shadow, struct shadow_cpu *cpu, const struct shadow_way *way,
                                       uint64_t linear, struct walker_access access)
{
    coop_paddr address = way->found.address;
    const struct guest_memory_range *range = guest_memory_find(shadow->memory, address);
    if (!range)
        return SHADOW_DEVICE;
    if (access.is_write && !range->is_writable)
        return SHADOW_READ_ONLY;
    struct shadow_page *page = shadow_fill_way(shadow, cpu, way, linear);
    if (!page)
        return SHADOW_NO_MEMORY;
    unsigned index = shadow_page_index(linear, 0);
    enum shadow_outcome outcome = shadow_fill_page(
        shadow, page, index, range, address, shadow_page_bits(cpu, way, access), way->entries[0], access.is_write);
    if (way->was_accessed || !page->table)
        shadow_map_around(shadow, cpu, page, index);
    return outcome;
}

const uint8_t *shadow_peek(const struct shadow *shadow, const struct shadow_cpu *cpu, uint64_t linear)
{
    const struct shadow_page *page = cpu->root;
    for (unsigned level = cpu->root_level; level; level--) {
        unsigned index = shadow_page_index(linear, level);
        if (!shadow_page_has(page, index))
            return 0;
        page = shadow_page_child(shadow, page, index);
    }
    unsigned index = shadow_page_index(linear, 0);
    if (!shadow_page_has(page, index))
        return 0;
    return (const uint8_t *)shadow->world.address(page->entries[index] & X86_PTE_FRAME) + linear % X86_PAGE_BYTES;
}

/* The rights that the tables above the last level leave, and that level's page; NULL when not all of them are shadowed.
 */
static struct shadow_page *shadow_last_page(const struct shadow *shadow, const struct shadow_cpu *cpu, uint64_t linear,
                                            uint64_t *rights)
{
    struct shadow_page *page = cpu->root;
    *rights = X86_PTE_W | X86_PTE_U;
    for (unsigned level = cpu->root_level; level; level--) {
        unsigned index = shadow_page_index(linear, level);
        if (!shadow_page_has(page, index))
            return 0;
        uint64_t entry = page->entries[index];
        if (level != 2 || cpu->root_level != 2)
            *rights = (*rights & (entry | X86_PTE_NX)) | (entry & X86_PTE_NX);
        page = shadow_page_child(shadow, page, index);
        page->stamp = shadow->stamp;
        page->writes = 0;
    }
    return page;
}

static bool shadow_denies(const struct shadow_cpu *cpu, struct walker_access access, uint64_t rights)
{
    if ((access.is_user && !(rights & X86_PTE_U)) || (access.is_write && !(rights & X86_PTE_W)))
        return true;
    return access.is_fetch && (rights & X86_PTE_NX || (cpu->walker.smep && !access.is_user && rights & X86_PTE_U));
}

static struct shadow_fault shadow_inject(const struct shadow_cpu *cpu, struct walker_access access, uint32_t cause)
{
    bool tells_fetch = access.is_fetch && (cpu->walker.no_execute || cpu->walker.smep);
    return (struct shadow_fault){SHADOW_INJECT,
                                 cause | (access.is_write ? X86_PF_WRITE : 0) | (access.is_user ? X86_PF_USER : 0) |
                                     (tells_fetch ? X86_PF_INSTRUCTION : 0),
                                 0};
}

/* The same for a piece of a large page, or with paging off. Its rights are those of the entries above; one that is not
 * writable may only not be dirty yet. */
static bool shadow_try_direct(struct shadow *shadow, struct shadow_cpu *cpu, struct shadow_page *page, uint64_t linear,
                              struct walker_access access, uint64_t rights, struct shadow_fault *fault)
{
    unsigned index = shadow_page_index(linear, 0);
    coop_paddr address = (page->guest_frame + index) << X86_PAGE_SHIFT | linear % X86_PAGE_BYTES;
    const struct guest_memory_range *range = guest_memory_find(shadow->memory, address);
    if (!range || (access.is_write && !range->is_writable) || shadow_denies(cpu, access, rights))
        return false;
    enum shadow_outcome outcome =
        shadow_fill_page(shadow, page, index, range, address, DIRECT_RIGHTS, DIRECT_SOURCE, access.is_write);
    shadow_map_around(shadow, cpu, page, index);
    *fault = (struct shadow_fault){outcome, 0, address};
    return true;
}

/* What a fault comes to by the entry of the last-level table alone: the tables above it are watched, so that the shadow
 * says what they allow. False when only the whole walk tells. */
static bool shadow_try_short(struct shadow *shadow, struct shadow_cpu *cpu, uint64_t linear,
                             struct walker_access access, struct shadow_fault *fault)
{
    uint64_t rights;
    struct shadow_page *page = cpu->has_short_way ? shadow_last_page(shadow, cpu, linear, &rights) : 0;
    unsigned index = shadow_page_index(linear, 0);
    if (!page)
        return false;
    if (!page->table)
        return shadow_try_direct(shadow, cpu, page, linear, access, rights, fault);
    uint64_t entry = shadow_guest_entry(page, index);
    if (!(entry & X86_PTE_P)) {
        *fault = shadow_inject(cpu, access, 0);
        return true;
    }
    if (entry & SHORT_RESERVED || (entry & X86_PTE_NX && !cpu->walker.no_execute))
        return false;
    if (shadow_denies(cpu, access, (rights & (entry | X86_PTE_NX)) | (entry & X86_PTE_NX))) {
        *fault = shadow_inject(cpu, access, X86_PF_PRESENT);
        return true;
    }
    bool was_accessed = entry & X86_PTE_A;
    coop_paddr address = (entry & X86_PTE_FRAME) | linear % X86_PAGE_BYTES;
    const struct guest_memory_range *range = guest_memory_find(shadow->memory, address);
    if (!range || (access.is_write && !range->is_writable) ||
        !shadow_mark(shadow, (page->guest_frame << X86_PAGE_SHIFT) + index * sizeof(entry), sizeof(entry), &entry,
                     access.is_write ? X86_PTE_A | X86_PTE_D : X86_PTE_A))
        return false;
    enum shadow_outcome outcome =
        shadow_fill_page(shadow, page, index, range, address, shadow_short_bits(entry), entry, access.is_write);
    if (was_accessed)
        shadow_map_around(shadow, cpu, page, index);
    *fault = (struct shadow_fault){outcome, 0, address};
    return true;
}

static struct shadow_fault shadow_take_long(struct shadow *shadow, struct shadow_cpu *cpu, uint64_t linear,
                                            struct walker_access access)
{
    struct shadow_way way;
    shadow_walk(shadow, cpu, linear, access, &way);
    if (!way.found.ok)
        return (struct shadow_fault){SHADOW_INJECT, way.found.error_code, 0};
    return (struct shadow_fault){shadow_fill(shadow, cpu, &way, linear, access), 0, way.found.address};
}

struct shadow_fault shadow_handle_fault(struct shadow *shadow, struct shadow_cpu *cpu, uint64_t linear,
                                        struct walker_access access)
{
    struct shadow_fault fault;
    cpu->root->stamp = ++shadow->stamp;
    if (!shadow_try_short(shadow, cpu, linear, access, &fault))
        fault = shadow_take_long(shadow, cpu, linear, access);
    shadow->counts.faults[fault.outcome]++;
    return fault;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Birth and death of the service, and roots: found again when they are loaded again, with all that hangs below them.
 */
#include "mmu/shadow.h"
#include "mmu/shadow_guest.h"
#include "mmu/shadow_page.h"
#include "mmu/shadow_sync.h"
#include <coopvirt/error.h>
#include <coopvirt/mutation.h>

#define PAE_LIMIT 0x100000000ul /* a CR3 without long mode has 32 bits */

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
    *shadow = (struct shadow){.world = *world, .memory = memory, .has_unsync = shadow->has_unsync, .page_limit = pages};
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
    struct shadow_page *known = shadow_page_find(shadow, frame, role);
    if (known)
        return known;
    if (!(role & SHADOW_ROLE_DIRECT) && !shadow_guest_table(shadow, frame, role))
        return shadow_page_get(shadow, 0, SHADOW_ROLE_EMPTY | SHADOW_ROLE_LEVEL(cpu->root_level));
    return shadow_page_get(shadow, frame, role);
}

void shadow_unload(struct shadow_cpu *cpu)
{
    if (cpu->root)
        cpu->root->roots--;
    cpu->root = 0;
}

static int shadow_change_root(struct shadow *shadow, struct shadow_cpu *cpu)
{
    shadow->stamp++;
    shadow_sync_all(shadow);
    shadow_unload(cpu);
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

void shadow_see_smap(struct shadow_cpu *cpu, bool counts)
{
    cpu->walker.smap = counts;
    cpu->has_short_way = cpu->may_go_short && !counts;
}

int shadow_load(struct shadow *shadow, struct shadow_cpu *cpu, const struct walker_state *state)
{
    cpu->walker = *state;
    cpu->role = shadow_role_of(state);
    if (cpu->is_ring3_kernel || MUTATED(shadow_user_rights))
        cpu->role |= SHADOW_ROLE_KERNEL_3;
    cpu->root_level = cpu->role & SHADOW_ROLE_FORMAT && state->format == &walker_format_long4 ? 3 : 2;
    cpu->may_go_short = !(cpu->role & SHADOW_ROLE_WP_OFF) && (!state->format || state->format->entry_bytes == 8);
    if (cpu->has_smap && cpu->role & SHADOW_ROLE_WP_OFF)
        cpu->role |= SHADOW_ROLE_SMAP;
    shadow_see_smap(cpu, state->smap);
    return shadow_change_root(shadow, cpu);
}

int shadow_load_root(struct shadow *shadow, struct shadow_cpu *cpu, uint64_t cr3)
{
    cpu->walker.root = cr3;
    return shadow_change_root(shadow, cpu);
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

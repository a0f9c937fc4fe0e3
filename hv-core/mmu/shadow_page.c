/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages in a hash by guest frame and role, entries in doubly linked lists. A page that is forgotten keeps its frames,
 * all entries clear, for the next one: births and deaths cost what is mapped, not what could be.
 */
#include "mmu/shadow_page.h"
#include "mmu/shadow_guest.h"
#include "mmu/shadow_sync.h"

#define FRAME_NONE      UINT64_MAX
#define RECLAIM_SAMPLES 16 /* of which the one longest unused goes */

struct shadow_frame *shadow_page_frame(const struct shadow *shadow, uint64_t guest_frame)
{
    return guest_frame < shadow->frame_count ? &shadow->frames[guest_frame] : 0;
}

static uint32_t *shadow_page_bucket(const struct shadow *shadow, uint64_t guest_frame, shadow_role role)
{
    uint64_t mixed = (guest_frame ^ (uint64_t)role << 32) * 0x9e3779b97f4a7c15ul;
    return &shadow->hash[mixed >> 32 & shadow->hash_mask];
}

struct shadow_page *shadow_page_find(const struct shadow *shadow, uint64_t guest_frame, shadow_role role)
{
    for (uint32_t at = *shadow_page_bucket(shadow, guest_frame, role); at; at = shadow->pages[at - 1].next_hash) {
        struct shadow_page *page = &shadow->pages[at - 1];
        if (page->guest_frame == guest_frame && page->role == role)
            return page;
    }
    return 0;
}

/* The list that an entry is in, or NULL: a read-only mapping is in none. */
static shadow_entry *shadow_page_list(const struct shadow *shadow, const struct shadow_page *page, unsigned index)
{
    if (page->level)
        return &shadow_page_child(shadow, page, index)->parents;
    if (!(page->entries[index] & X86_PTE_W))
        return 0;
    struct shadow_frame *frame = shadow_page_frame(shadow, shadow_guest_frame_of(page, index));
    return frame ? &frame->writable : 0;
}

static struct shadow_link *shadow_page_link_of(const struct shadow *shadow, shadow_entry entry)
{
    return &shadow_page_of(shadow, entry)->links[(entry - 1) % SHADOW_ENTRIES];
}

static void shadow_page_enlist(struct shadow *shadow, struct shadow_page *page, unsigned index, shadow_entry *list)
{
    shadow_entry entry = shadow_page_entry(shadow, page, index);
    page->links[index] = (struct shadow_link){.next = *list};
    if (*list)
        shadow_page_link_of(shadow, *list)->previous = entry;
    *list = entry;
}

static void shadow_page_delist(struct shadow *shadow, struct shadow_page *page, unsigned index)
{
    shadow_entry *list = shadow_page_list(shadow, page, index);
    struct shadow_link link = page->links[index];
    if (!list)
        return;
    if (link.previous)
        shadow_page_link_of(shadow, link.previous)->next = link.next;
    else
        *list = link.next;
    if (link.next)
        shadow_page_link_of(shadow, link.next)->previous = link.previous;
}

void shadow_page_map(struct shadow *shadow, struct shadow_page *page, unsigned index, uint64_t value, uint64_t source)
{
    page->sources[index] = source;
    __atomic_store_n(&page->entries[index], value, __ATOMIC_RELAXED); /* at once: the CPU reads it */
    page->bitmap[index / 64] |= 1ul << index % 64;
    page->present++;
    shadow_entry *list = shadow_page_list(shadow, page, index);
    if (list)
        shadow_page_enlist(shadow, page, index, list);
}

void shadow_page_link(struct shadow *shadow, struct shadow_page *page, unsigned index, uint64_t bits,
                      struct shadow_page *child)
{
    shadow_page_map(shadow, page, index, child->frame | bits, shadow_page_number(shadow, child));
}

void shadow_page_drop(struct shadow *shadow, struct shadow_page *page, unsigned index)
{
    shadow_page_delist(shadow, page, index);
    __atomic_store_n(&page->entries[index], 0, __ATOMIC_RELAXED);
    page->bitmap[index / 64] &= ~(1ul << index % 64);
    page->present--;
}

void shadow_page_narrow(struct shadow *shadow, struct shadow_page *page, unsigned index)
{
    shadow_page_delist(shadow, page, index);
    __atomic_store_n(&page->entries[index], page->entries[index] & ~X86_PTE_W, __ATOMIC_RELAXED);
}

void shadow_page_protect(struct shadow *shadow, struct shadow_frame *frame)
{
    bool had = frame->writable != SHADOW_NONE;
    while (frame->writable) {
        shadow_entry entry = frame->writable;
        shadow_page_narrow(shadow, shadow_page_of(shadow, entry), (entry - 1) % SHADOW_ENTRIES);
        frame->narrowed = entry;
    }
    if (had)
        shadow_page_flush(shadow, SHADOW_FLUSH_PROTECT);
}

static void shadow_page_unhash(struct shadow *shadow, const struct shadow_page *page)
{
    uint32_t number = shadow_page_number(shadow, page) + 1;
    uint32_t *at = shadow_page_bucket(shadow, page->guest_frame, page->role);
    while (*at != number)
        at = &shadow->pages[*at - 1].next_hash;
    *at = page->next_hash;
    if (!page->table)
        return;
    at = &shadow->frames[page->guest_frame].tables;
    while (*at != number)
        at = &shadow->pages[*at - 1].next_same;
    *at = page->next_same;
}

/* A frame is no table any more: the mapping through which the guest wrote it gets its right back, if it still is one.
 */
static void shadow_page_widen(struct shadow *shadow, struct shadow_frame *frame)
{
    shadow_entry entry = frame->narrowed;
    frame->narrowed = SHADOW_NONE;
    if (!entry || frame->tables)
        return;
    struct shadow_page *page = shadow_page_of(shadow, entry);
    unsigned index = (entry - 1) % SHADOW_ENTRIES;
    if (!page->is_used || page->level || page->role & SHADOW_ROLE_WP_OFF || !shadow_page_has(page, index) ||
        page->entries[index] & X86_PTE_W || shadow_guest_frame_of(page, index) != (uint64_t)(frame - shadow->frames))
        return;
    uint64_t needed = X86_PTE_W | X86_PTE_D;
    if (page->table && (page->sources[index] & needed) != needed)
        return;
    __atomic_store_n(&page->entries[index], page->entries[index] | needed, __ATOMIC_RELAXED);
    shadow_page_enlist(shadow, page, index, &frame->writable);
}

/* The hypervisor's slots are no entries of the page: nothing but its birth and death changes them. */
static void shadow_page_fill_top(const struct shadow *shadow, struct shadow_page *page, bool is_born)
{
    const uint64_t *slots = shadow->world.top_slots;
    if (!slots || page->level != SHADOW_LEVELS - 1)
        return;
    for (unsigned i = COOP_SLOT_FIRST; i <= COOP_SLOT_LAST; i++)
        page->entries[i] = is_born ? slots[i - COOP_SLOT_FIRST] : 0;
}

void shadow_page_zap(struct shadow *shadow, struct shadow_page *page)
{
    for (unsigned i = shadow_page_next(page, 0); i < SHADOW_ENTRIES; i = shadow_page_next(page, i + 1))
        shadow_page_drop(shadow, page, i);
    while (page->parents) {
        shadow_entry entry = page->parents;
        shadow_page_drop(shadow, shadow_page_of(shadow, entry), (entry - 1) % SHADOW_ENTRIES);
    }
    if (page->is_unsync)
        shadow_sync_forget(shadow, page);
    shadow_page_fill_top(shadow, page, false);
    shadow_page_unhash(shadow, page);
    if (page->table)
        shadow_page_widen(shadow, &shadow->frames[page->guest_frame]);
    page->is_used = false;
    page->next_hash = shadow->free;
    shadow->free = shadow_page_number(shadow, page) + 1;
    shadow->counts.pages--;
    shadow->counts.zaps++;
    shadow->counts.zapped_roots += page->level >= 2;
    shadow_page_flush(shadow, SHADOW_FLUSH_ZAP);
}

void shadow_page_zap_tree(struct shadow *shadow, struct shadow_page *page)
{
    for (unsigned i = shadow_page_next(page, 0); page->level && i < SHADOW_ENTRIES; i = shadow_page_next(page, i + 1)) {
        struct shadow_page *child = shadow_page_child(shadow, page, i);
        shadow_page_drop(shadow, page, i);
        if (!child->parents && !child->roots && child->stamp != shadow->stamp)
            shadow_page_zap_tree(shadow, child);
    }
    shadow_page_zap(shadow, page);
}

struct shadow_page *shadow_page_idle_top(const struct shadow *shadow, struct shadow_page *page)
{
    for (unsigned i = 0; page->parents && i < SHADOW_LEVELS; i++) {
        if (page->roots || page->stamp == shadow->stamp || shadow_page_link_of(shadow, page->parents)->next)
            return 0;
        page = shadow_page_of(shadow, page->parents);
    }
    return page->parents || page->roots || page->stamp == shadow->stamp ? 0 : page;
}

/* Three frames for a page that never had any. */
static bool shadow_page_furnish(struct shadow *shadow, struct shadow_page *page)
{
    coop_paddr frames[3];
    for (unsigned i = 0; i < 3; i++) {
        frames[i] = shadow->world.allocate(shadow->world.context);
        if (frames[i] == FRAME_NONE) {
            while (i-- > 0)
                shadow->world.release(shadow->world.context, frames[i]);
            return false;
        }
    }
    page->frame = frames[0];
    page->frame_sources = frames[1];
    page->frame_links = frames[2];
    page->entries = shadow->world.address(frames[0]);
    page->sources = shadow->world.address(frames[1]);
    page->links = shadow->world.address(frames[2]);
    return true;
}

/* Of some pages, the one longest unused, neither root nor on the way of the fault at hand. */
static bool shadow_page_reclaim(struct shadow *shadow)
{
    struct shadow_page *oldest = 0;
    for (uint32_t seen = 0, sampled = 0; seen < shadow->fresh && sampled < RECLAIM_SAMPLES; seen++) {
        struct shadow_page *page = &shadow->pages[shadow->hand];
        shadow->hand = (shadow->hand + 1) % shadow->fresh;
        if (!page->is_used || page->roots || page->stamp == shadow->stamp)
            continue;
        sampled++;
        if (!oldest || shadow->stamp - page->stamp > shadow->stamp - oldest->stamp)
            oldest = page;
    }
    if (!oldest)
        return false;
    shadow_page_zap(shadow, oldest);
    shadow->counts.reclaims++;
    return true;
}

static struct shadow_page *shadow_page_take(struct shadow *shadow)
{
    if (!shadow->free && shadow->fresh < shadow->page_limit &&
        shadow_page_furnish(shadow, &shadow->pages[shadow->fresh]))
        return &shadow->pages[shadow->fresh++];
    if (!shadow->free && !shadow_page_reclaim(shadow))
        return 0;
    struct shadow_page *page = &shadow->pages[shadow->free - 1];
    shadow->free = page->next_hash;
    shadow_page_settle(shadow, SHADOW_SETTLE_REUSE);
    return page;
}

/* From now on every write to the table is noticed. */
static void shadow_page_watch(struct shadow *shadow, struct shadow_page *page)
{
    struct shadow_frame *frame = &shadow->frames[page->guest_frame];
    shadow_sync_frame(shadow, frame);
    shadow_page_protect(shadow, frame);
    shadow_page_settle(shadow, SHADOW_SETTLE_WATCH);
    page->next_same = frame->tables;
    frame->tables = shadow_page_number(shadow, page) + 1;
}

struct shadow_page *shadow_page_get(struct shadow *shadow, uint64_t guest_frame, shadow_role role)
{
    struct shadow_page *page = shadow_page_find(shadow, guest_frame, role);
    if (page)
        return page;
    page = shadow_page_take(shadow);
    if (!page)
        return 0;
    page->guest_frame = guest_frame;
    page->role = role;
    page->level = (uint8_t)shadow_role_level(role);
    page->is_used = true;
    page->is_unsync = false;
    page->present = page->writes = page->roots = 0;
    page->parents = SHADOW_NONE;
    page->stamp = shadow->stamp;
    page->table = shadow_guest_table(shadow, guest_frame, role);
    shadow_page_fill_top(shadow, page, true);
    uint32_t *bucket = shadow_page_bucket(shadow, guest_frame, role);
    page->next_hash = *bucket;
    *bucket = shadow_page_number(shadow, page) + 1;
    if (page->table)
        shadow_page_watch(shadow, page);
    if (++shadow->counts.pages > shadow->counts.pages_peak)
        shadow->counts.pages_peak = shadow->counts.pages;
    return page;
}

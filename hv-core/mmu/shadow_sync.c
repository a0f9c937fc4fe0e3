/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Comparison of entries with their sources, the short list of tables out of sync, and what a noticed write means.
 */
#include "mmu/shadow_sync.h"
#include "mmu/shadow_guest.h"

#define WRITES_LIMIT 8 /* to a table above the last level that translates nothing in between: it is data now */

static bool shadow_sync_is_orphan(const struct shadow *shadow, const struct shadow_page *page)
{
    return !page->parents && !page->roots && page->stamp != shadow->stamp;
}

/* The entry that follows from an old one of the same page when the guest's is `now`: never with more rights, since only
 * a walk knows all of them. 0 when it must go. */
static uint64_t shadow_sync_value(const struct shadow_page *page, uint64_t old, uint64_t source, uint64_t now)
{
    if (page->role & SHADOW_ROLE_WP_OFF || !(now & X86_PTE_P) || !(now & X86_PTE_A) || (now ^ source) & X86_PTE_FRAME)
        return 0;
    if (now & X86_PTE_NX && !(page->role & SHADOW_ROLE_NX))
        return 0;
    if ((page->role & SHADOW_ROLE_FORMAT) == SHADOW_ROLE_PAE && (now ^ source) & 0x7ff0000000000000ul)
        return 0;
    if (!(now & X86_PTE_W) || !(now & X86_PTE_D))
        old &= ~X86_PTE_W;
    if ((now ^ source) & X86_PTE_U) /* for the kernel, less is allowed on a user's page: SMEP */
        return 0;
    return old | (now & X86_PTE_NX);
}

/* Brings an entry at level 0 of a page with a table in step; flushes if it had to change. */
static void shadow_sync_entry(struct shadow *shadow, struct shadow_page *page, unsigned index)
{
    uint64_t now = shadow_guest_entry(page, index), source = page->sources[index], old = page->entries[index];
    if (now == source)
        return;
    uint64_t value = shadow_sync_value(page, old, source, now);
    if (!value) {
        shadow_page_drop(shadow, page, index);
        shadow_page_flush(shadow, SHADOW_FLUSH_DROP);
        return;
    }
    if (value != old) {
        if ((old ^ value) & X86_PTE_W)
            shadow_page_narrow(shadow, page, index);
        __atomic_store_n(&page->entries[index], value, __ATOMIC_RELAXED);
        shadow_page_flush(shadow, SHADOW_FLUSH_NARROW);
    }
    page->sources[index] = now;
}

static void shadow_sync_page(struct shadow *shadow, struct shadow_page *page)
{
    for (unsigned i = shadow_page_next(page, 0); i < SHADOW_ENTRIES; i = shadow_page_next(page, i + 1))
        shadow_sync_entry(shadow, page, i);
    shadow_sync_forget(shadow, page);
    shadow->counts.syncs++;
    if (!page->present && page->stamp != shadow->stamp)
        shadow_page_zap(shadow, page); /* as good as new: let its frame be written until it is used again */
}

void shadow_sync_forget(struct shadow *shadow, struct shadow_page *page)
{
    uint32_t number = shadow_page_number(shadow, page);
    unsigned i = 0;
    while (shadow->unsync[i] != number)
        i++;
    shadow->unsync[i] = shadow->unsync[--shadow->unsync_count];
    page->is_unsync = false;
}

/* Where other CPUs run the guest, none must write a table any more that is compared. */
static __attribute__((noinline)) void shadow_sync_close(struct shadow *shadow, struct shadow_frame *frame)
{
    uint32_t at = frame->tables;
    while (at && !shadow->pages[at - 1].is_unsync)
        at = shadow->pages[at - 1].next_same;
    if (!at || !frame->writable)
        return;
    shadow_page_protect(shadow, frame);
    shadow_page_settle(shadow, SHADOW_SETTLE_WATCH);
}

void shadow_sync_frame(struct shadow *shadow, struct shadow_frame *frame)
{
    bool was_unsync = false;
    if (shadow_page_has_others(shadow))
        shadow_sync_close(shadow, frame);
    for (uint32_t at = frame->tables, next; at; at = next) {
        struct shadow_page *page = &shadow->pages[at - 1];
        next = page->next_same;
        if (page->is_unsync) {
            was_unsync = true;
            shadow_sync_page(shadow, page);
        }
    }
    if (was_unsync && frame->tables)
        shadow_page_protect(shadow, frame);
}

/* All tables that can be written, once for all. */
static __attribute__((noinline)) void shadow_sync_close_all(struct shadow *shadow)
{
    for (unsigned i = 0; i < shadow->unsync_count; i++)
        shadow_page_protect(shadow, &shadow->frames[shadow->pages[shadow->unsync[i]].guest_frame]);
    shadow_page_settle(shadow, SHADOW_SETTLE_WATCH);
}

void shadow_sync_all_of_them(struct shadow *shadow)
{
    if (shadow_page_has_others(shadow))
        shadow_sync_close_all(shadow);
    while (shadow->unsync_count)
        shadow_sync_frame(shadow, &shadow->frames[shadow->pages[shadow->unsync[0]].guest_frame]);
}

static void shadow_sync_add(struct shadow *shadow, struct shadow_page *page)
{
    if (page->is_unsync)
        return;
    shadow->unsync[shadow->unsync_count++] = shadow_page_number(shadow, page);
    page->is_unsync = true;
    shadow->counts.unsyncs++;
}

/* Whether a write to a table can go unnoticed for a while: nothing uses it, or it is a last-level one. */
static bool shadow_sync_can_let_go(const struct shadow *shadow, const struct shadow_page *page)
{
    return page->is_unsync || shadow_sync_is_orphan(shadow, page) || (page->level == 0 && shadow->has_unsync);
}

/* Tables of an address space that no CPU has loaded are written when it is taken down: all of it is forgotten at once,
 * rather than table by table. */
static void shadow_sync_forget_idle(struct shadow *shadow, const struct shadow_frame *frame)
{
    uint32_t at = frame->tables;
    while (at) {
        struct shadow_page *page = &shadow->pages[at - 1], *top = shadow_page_idle_top(shadow, page);
        if (top)
            shadow_page_zap_tree(shadow, top);
        at = top ? frame->tables : page->next_same;
    }
}

bool shadow_sync_may_write(struct shadow *shadow, struct shadow_frame *frame, bool is_write)
{
    unsigned tables = 0;
    if (is_write)
        shadow_sync_forget_idle(shadow, frame);
    for (uint32_t at = frame->tables; at; at = shadow->pages[at - 1].next_same, tables++) {
        const struct shadow_page *page = &shadow->pages[at - 1];
        if (!(is_write ? shadow_sync_can_let_go(shadow, page) : page->is_unsync))
            return false;
    }
    if (!is_write || !tables)
        return true;
    if (tables > SHADOW_UNSYNC_LIMIT)
        return false;
    while (shadow->unsync_count + tables > SHADOW_UNSYNC_LIMIT)
        shadow_sync_frame(shadow, &shadow->frames[shadow->pages[shadow->unsync[0]].guest_frame]);
    for (uint32_t at = frame->tables, next; at; at = next) {
        struct shadow_page *page = &shadow->pages[at - 1];
        next = page->next_same;
        if (shadow_sync_is_orphan(shadow, page))
            shadow_page_zap(shadow, page);
        else
            shadow_sync_add(shadow, page);
    }
    return true;
}

/* An entry that points to a table has changed. When the guest has taken it away, what it pointed to is likely to go as
 * well: its frame can be written at once. */
static void shadow_sync_unlink(struct shadow *shadow, struct shadow_page *page, unsigned index)
{
    struct shadow_page *child = shadow_page_child(shadow, page, index);
    bool is_gone = (page->role & SHADOW_ROLE_FORMAT) == SHADOW_ROLE_LONG &&
                   !(((const volatile uint64_t *)page->table)[index] & X86_PTE_P);
    shadow_page_drop(shadow, page, index);
    shadow_page_flush(shadow, SHADOW_FLUSH_UNLINK);
    if (is_gone && child->table && !child->parents && !child->roots)
        shadow_page_zap(shadow, child);
}

/* Bytes of a table have changed. */
static void shadow_sync_written(struct shadow *shadow, struct shadow_page *page, unsigned offset, unsigned bytes)
{
    unsigned first, end;
    shadow_guest_entries(page, offset, bytes, &first, &end);
    for (unsigned i = first; i < end; i++) {
        if (!shadow_page_has(page, i))
            continue;
        if (page->level == 0) {
            shadow_sync_entry(shadow, page, i);
        } else {
            shadow_sync_unlink(shadow, page, i);
        }
    }
    /* A table that is one of the next level too may have gone by now, with the entry that pointed there. */
    if (++page->writes > WRITES_LIMIT && !page->roots && page->is_used)
        shadow_page_zap(shadow, page);
}

void shadow_written(struct shadow *shadow, coop_paddr address, uint64_t bytes)
{
    while (bytes) {
        struct shadow_frame *frame = shadow_page_frame(shadow, address >> X86_PAGE_SHIFT);
        unsigned offset = address % X86_PAGE_BYTES;
        uint64_t rest = X86_PAGE_BYTES - offset;
        unsigned here = (unsigned)(bytes < rest ? bytes : rest);
        for (uint32_t at = frame ? frame->tables : 0, next; at; at = next) {
            struct shadow_page *page = &shadow->pages[at - 1];
            next = page->next_same;
            shadow_sync_written(shadow, page, offset, here);
        }
        address += here;
        bytes -= here;
    }
}

bool shadow_is_watched(const struct shadow *shadow, coop_paddr address)
{
    const struct shadow_frame *frame = shadow_page_frame((struct shadow *)shadow, address >> X86_PAGE_SHIFT);
    for (uint32_t at = frame ? frame->tables : 0; at; at = shadow->pages[at - 1].next_same)
        if (!shadow->pages[at - 1].is_unsync)
            return true;
    return false;
}

bool shadow_release(struct shadow *shadow, coop_paddr address)
{
    struct shadow_frame *frame = shadow_page_frame(shadow, address >> X86_PAGE_SHIFT);
    for (uint32_t at = frame ? frame->tables : 0, next; at; at = next) {
        struct shadow_page *page = &shadow->pages[at - 1];
        next = page->next_same;
        if (!page->roots)
            shadow_page_zap(shadow, page);
    }
    return !frame || !frame->tables;
}

void shadow_invalidate(struct shadow *shadow, struct shadow_cpu *cpu, uint64_t linear)
{
    struct shadow_page *page = cpu->root;
    for (unsigned level = cpu->root_level; level; level--) {
        unsigned index = shadow_page_index(linear, level);
        if (!shadow_page_has(page, index)) {
            shadow_sync_all(shadow); /* what is not linked now may be again, below */
            return;
        }
        page = shadow_page_child(shadow, page, index);
    }
    unsigned index = shadow_page_index(linear, 0);
    if (page->table && shadow_page_has(page, index))
        shadow_sync_entry(shadow, page, index);
}

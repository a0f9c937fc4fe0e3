/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shadow page tables: the hidden tables that the CPU walks in place of the guest's, built on demand from them. The
 * service of mode full-shadow; core/exits_shadow.c feeds it page faults, CR3 loads, INVLPG and writes to guest tables.
 * Pure: guest memory, frames and the flushing of translations come from the caller, so that host tests can stand in for
 * the CPU. One CPU at a time is in here; the others may run the guest meanwhile. Its parts: shadow_page (pages and
 * their links), shadow_guest (the guest's side of an entry), shadow_sync (keeping in step), shadow (faults and roots).
 */
#ifndef MMU_SHADOW_H
#define MMU_SHADOW_H

#include "mmu/guest_memory.h"
#include "mmu/walker.h"
#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHADOW_LEVELS       4 /* 0: maps 4 KiB pages */
#define SHADOW_ENTRIES      512
#define SHADOW_UNSYNC_LIMIT 32 /* tables that the guest writes without traps at a time */
#define SHADOW_PAGES_LEAST  16

/* Why translations must not be used any more. The caller need not know; tests leave them out one by one. */
enum shadow_flush {
    SHADOW_FLUSH_ROOT,    /* another root */
    SHADOW_FLUSH_DROP,    /* a page's entry is gone */
    SHADOW_FLUSH_NARROW,  /* a page's entry lost rights */
    SHADOW_FLUSH_PROTECT, /* a frame has become a watched table */
    SHADOW_FLUSH_UNLINK,  /* a table's entry is gone or has changed */
    SHADOW_FLUSH_ZAP,     /* a shadow page is gone, and its frame may get another meaning */
    SHADOW_FLUSH_REASONS
};

/* Why it has to be so on the other CPUs too, at once. Likewise. */
enum shadow_settle {
    SHADOW_SETTLE_WATCH, /* what they write to a table is noticed: it can be read */
    SHADOW_SETTLE_REUSE, /* a shadow page gets another meaning */
    SHADOW_SETTLE_END,   /* the caller's: another may come in, or the guest go on */
    SHADOW_SETTLE_REASONS
};

struct shadow_world {
    void *context;
    coop_paddr (*allocate)(void *context); /* a zeroed frame; UINT64_MAX when there is none */
    void (*release)(void *context, coop_paddr frame);
    void *(*address)(coop_paddr frame);
    void (*flush)(void *context, enum shadow_flush why); /* before the guest runs again */
    /* Where several CPUs run the guest: what has been flushed is flushed on the others too when this returns. NULL:
     * there is one. The caller of the service does it as well, before it lets another CPU in. */
    void (*settle)(void *context, enum shadow_settle why);
    /* What the hypervisor's slots of each top-level table hold, where it has to be in every address space: the guest
     * has no memory there. NULL: nothing. */
    const uint64_t *top_slots;
};

/* A shadow entry: its page's number and its index in it, plus one; 0 is none. */
typedef uint32_t shadow_entry;

/* The lists that present entries are in: writable mappings of one guest frame, or the entries that point to one page.
 */
struct shadow_link {
    shadow_entry next, previous;
};

/* What a shadow page stands for beside its guest frame. Same frame, same role: same page. SHADOW_ROLE_ bits. */
typedef uint32_t shadow_role;

struct shadow_page {
    uint64_t guest_frame; /* of the table; or the first frame mapped, when direct */
    shadow_role role;
    uint8_t level;
    bool is_used;
    bool is_unsync;                       /* the guest may write its table: entries are as old as a TLB's might be */
    uint16_t present;                     /* entries */
    uint16_t writes;                      /* trapped, since it was last on the way to a page */
    uint16_t roots;                       /* CPUs that it is loaded on */
    uint32_t stamp;                       /* of the last use */
    shadow_entry parents;                 /* entries that point to it */
    uint32_t next_hash;                   /* page numbers plus one */
    uint32_t next_same;                   /* another page of the same table */
    uint64_t bitmap[SHADOW_ENTRIES / 64]; /* of present entries */
    coop_paddr frame;                     /* what the CPU walks */
    coop_paddr frame_sources, frame_links;
    uint64_t *entries; /* there */
    uint64_t *sources; /* level 0: the guest's entry from which each was made; above: the page it points to */
    struct shadow_link *links;
    const uint8_t *table; /* the guest's; NULL when direct */
};

/* What is known of each guest frame. */
struct shadow_frame {
    uint32_t tables;       /* pages that shadow it as a table, plus one */
    shadow_entry writable; /* entries that map it writable */
    shadow_entry narrowed; /* one that did, before its tables were watched; may be out of date */
};

enum shadow_outcome {
    SHADOW_MAPPED,      /* the access can be tried again */
    SHADOW_INJECT,      /* the guest's own page fault, with error_code */
    SHADOW_TABLE_WRITE, /* a write to a watched table, or to a page that only this one may write: carry the instruction
                         * out, then call shadow_written */
    SHADOW_DEVICE,      /* no memory there */
    SHADOW_READ_ONLY,   /* a write to memory that is read-only to the guest */
    SHADOW_NO_MEMORY,   /* no shadow page could be had */
    SHADOW_OUTCOMES
};

struct shadow_counts {
    uint64_t pages, pages_peak; /* now, at most */
    uint64_t faults[SHADOW_OUTCOMES];
    uint64_t unsyncs, syncs, zaps, zapped_roots, reclaims;
};

struct shadow {
    struct shadow_world world;
    const struct guest_memory *memory;
    bool has_unsync; /* the optimization is on: set before shadow_create */
    uint32_t page_limit;
    uint64_t frame_count;
    struct shadow_page *pages;
    struct shadow_frame *frames;
    uint32_t *hash;
    uint32_t hash_mask;
    uint32_t free;  /* list by next_hash */
    uint32_t fresh; /* pages from here on never had frames */
    uint32_t hand;  /* of reclaim */
    uint32_t stamp;
    uint32_t unsync[SHADOW_UNSYNC_LIMIT];
    uint32_t unsync_count;
    struct shadow_counts counts;
};

/* The paging state of one VCPU; of one whose kernel is deprivileged there are two, kernel's and user mode's, with a
 * root each for the same table. */
struct shadow_cpu {
    struct walker_state walker; /* the guest's own registers */
    shadow_role role;           /* of pages made for it */
    bool is_ring3_kernel;       /* set before anything is loaded: its kernel runs in ring 3 on these */
    struct shadow_page *root;
    uint8_t root_level; /* 3: four levels; 2: PAE format */
    bool has_short_way; /* rights of upper tables can be read off their shadow */
    bool may_go_short;  /* has_short_way, whatever SMAP says */
    bool has_smap;      /* CR4.SMAP, whether or not EFLAGS.AC lifts it; set before anything is loaded */
};

struct shadow_fault {
    enum shadow_outcome outcome;
    uint32_t error_code;
    coop_paddr address; /* guest-physical */
};

/* Bytes of zeroed, page-aligned memory that shadow_create needs beside its frames. */
size_t shadow_bytes(const struct guest_memory *memory, uint32_t pages);

/* At most `pages` shadow pages (three frames each). 0 or -EINVAL. */
int shadow_create(struct shadow *shadow, const struct shadow_world *world, const struct guest_memory *memory,
                  uint32_t pages, void *area);

/* Gives every frame back. */
void shadow_destroy(struct shadow *shadow);

/* The guest has loaded CR3, or changed what else decides how its tables are read: nothing of before may be used. 0 or
 * -ENOMEM. */
int shadow_load(struct shadow *shadow, struct shadow_cpu *cpu, const struct walker_state *state);

/* The same when only CR3 has changed. */
int shadow_load_root(struct shadow *shadow, struct shadow_cpu *cpu, uint64_t cr3);

/* The CPU leaves its root. */
void shadow_unload(struct shadow_cpu *cpu);

/* Whether SMAP counts at this moment, with CR4.SMAP set: EFLAGS.AC lifts it without a word. Before a fault is handled.
 */
void shadow_see_smap(struct shadow_cpu *cpu, bool counts);

/* INVLPG. */
void shadow_invalidate(struct shadow *shadow, struct shadow_cpu *cpu, uint64_t linear);

/* Guest memory has been written in the guest's name by somebody else than the CPU: emulation, a device. */
void shadow_written(struct shadow *shadow, coop_paddr address, uint64_t bytes);

/* Does the frame at an address hold a table whose writes are noticed? */
bool shadow_is_watched(const struct shadow *shadow, coop_paddr address);

/* Forgets the tables in the frame at an address, so that it can be written. False when one is loaded as a root. */
bool shadow_release(struct shadow *shadow, coop_paddr address);

/* The bytes at a linear address as the CPU has just fetched them, up to the end of the page, in the hypervisor's map;
 * NULL when the shadow does not map it (any more). */
const uint8_t *shadow_peek(const struct shadow *shadow, const struct shadow_cpu *cpu, uint64_t linear);

/* Where the CPU's CR3 must point. */
static inline coop_paddr shadow_root(const struct shadow_cpu *cpu)
{
    return cpu->root->frame;
}

#endif

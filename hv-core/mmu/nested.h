/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Second-level (nested) page tables: guest-physical to machine, with the largest page that fits and
 * permissions. The bits of an entry come from the cpu backend (struct nested_format), so that AMD's and
 * Intel's tables are one piece of code; frames come from the caller, so that host tests can give fake ones.
 */
#ifndef MMU_NESTED_H
#define MMU_NESTED_H

#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stdint.h>

#define NESTED_LEVELS 4

struct nested_format {
    uint64_t present;    /* any of these bits: the entry exists */
    uint64_t table;      /* bits of an entry that points to a table */
    uint64_t read;       /* bits of a page that may be read */
    uint64_t write;      /* added when it may be written */
    uint64_t no_execute; /* added when it may not be executed */
    uint64_t execute;    /* added when it may */
    uint64_t large;      /* added to a page larger than 4 KiB */
    uint64_t accessed;   /* set by the CPU when it has used the entry; 0: this one does not */
    bool has_1g;         /* the CPU maps 1 GiB pages */
};

enum nested_permission { NESTED_READ = 1, NESTED_WRITE = 2, NESTED_EXECUTE = 4, NESTED_ALL = 7 };

struct nested_world {
    void *context;
    coop_paddr (*allocate)(void *context); /* a zeroed frame; UINT64_MAX when there is none */
    void (*release)(void *context, coop_paddr frame);
    void *(*address)(coop_paddr frame);
};

struct nested_tables {
    const struct nested_format *format;
    struct nested_world world;
    coop_paddr root;
    uint64_t table_frames;
    uint64_t pages[3];       /* mapped now: 4 KiB, 2 MiB, 1 GiB */
    uint64_t splits, joined; /* larger pages made tables, and tables made a page of 2 MiB, so far */
};

struct nested_mapping {
    bool is_present;
    coop_paddr machine;
    uint64_t page_bytes;
    unsigned permissions;
};

/* 0 or -ENOMEM. */
int nested_create(struct nested_tables *tables, const struct nested_format *format, const struct nested_world *world);

/* Gives every table back. */
void nested_destroy(struct nested_tables *tables);

/* Maps what was not mapped. 0; -EINVAL for unaligned or overflowing arguments, -EEXIST, -ENOMEM (what was mapped
 * so far stays, to be destroyed with the tables). */
int nested_map(struct nested_tables *tables, coop_paddr guest, coop_paddr machine, uint64_t bytes,
               unsigned permissions);

/* Removes mappings, splitting larger pages at the borders; permissions 0 unmaps, others restrict or widen. The
 * caller flushes. 0, -EINVAL, -ENOMEM. */
int nested_protect(struct nested_tables *tables, coop_paddr guest, uint64_t bytes, unsigned permissions);

/* Puts one page of 2 MiB where a table of smaller ones is, or nothing. *table is that table, for nested_release_table
 * when no CPU walks it any more and no page is wanted of it; else UINT64_MAX. 0; -EINVAL, -EEXIST: it is that large
 * already, -ENOMEM. */
int nested_replace(struct nested_tables *tables, coop_paddr guest, coop_paddr machine, unsigned permissions,
                   coop_paddr *table);

/* The same if the pages at `guest` are one run of 2 MiB with the same rights already; else -EINVAL. */
int nested_join(struct nested_tables *tables, coop_paddr guest, coop_paddr *table);

/* The frame of page `index` of such a table, or UINT64_MAX. */
coop_paddr nested_table_page(const struct nested_tables *tables, coop_paddr table, unsigned index);
void nested_release_table(struct nested_tables *tables, coop_paddr table);

/* How many pages of each size the CPUs have used since their marks were last taken away, which the caller's flush
 * completes; takes them away if `is_reset`. */
void nested_touched(struct nested_tables *tables, uint64_t touched[3], bool is_reset);

struct nested_mapping nested_lookup(const struct nested_tables *tables, coop_paddr guest);

#endif

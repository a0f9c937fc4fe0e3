/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk that a CPU makes at a TLB miss, over the tables that stand in memory, counting each entry that it reads:
 * four at most in one dimension, 24 in two (APM vol. 2, "Long-Mode Page Translation", "Nested Paging"). Pure.
 */
#ifndef PAGE_WALK_H
#define PAGE_WALK_H

#include "tlb.h"

/* Which tables, as control registers and control block say it. */
struct page_walk_roots {
    uint64_t guest;  /* CR3 of whoever runs: a guest-physical address where is_nested, else a machine address */
    uint64_t nested; /* the second dimension's root, a machine address */
    bool is_paged;   /* long mode's four levels; otherwise the address is its own translation */
    bool is_nested;
    bool has_global; /* CR4.PGE */
    uint32_t asid;
};

struct page_walk {
    uint64_t (*read)(void *context, uint64_t machine); /* eight bytes of memory */
    void *context;
    struct tlb cache;        /* entries of the upper levels, with the machine address of the table below */
    struct tlb nested_cache; /* guest-physical to machine */
};

struct page_walk_result {
    bool is_present;
    bool is_global;
    unsigned shift; /* the smaller page of both dimensions */
    uint64_t machine;
    unsigned references, nested_references; /* entries read: all of them, and those of the second dimension */
};

struct page_walk_result page_walk(struct page_walk *walk, const struct page_walk_roots *roots, uint64_t address);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set-associative cache of translations with true LRU replacement: a TLB, a walk cache, or a nested TLB. An entry is
 * of one page size and bears the tag of an address space (ASID); its set is chosen by the page's number at that size.
 * Pure.
 */
#ifndef TLB_H
#define TLB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Page sizes as shifts: 4 KiB, 2 MiB, 1 GiB; 512 GiB is a walk cache's widest entry. */
#define TLB_SHIFTS      4u
#define TLB_SHIFT_LEAST 12u
#define TLB_SHIFT_STEP  9u

struct tlb_entry {
    uint64_t page; /* the address without the bits below the shift */
    uint64_t value;
    uint64_t used; /* when last, by the array's own clock */
    uint32_t asid;
    uint8_t shift;
    bool is_valid, is_global;
};

#define TLB_HINTS 1024u

struct tlb {
    struct tlb_entry *entries; /* set by set */
    unsigned sets, ways;
    uint64_t clock;
    unsigned valid[TLB_SHIFTS];         /* entries of each size */
    struct tlb_entry *hints[TLB_HINTS]; /* where a page was last found: a short cut that decides nothing */
    bool is_layered; /* entries of several sizes hold one address, as in a walk cache: no short cut */
};

/* What a flush takes: each member narrows it down. */
struct tlb_flush {
    bool of_asid; /* only entries of `asid` */
    uint32_t asid;
    bool keeps_global; /* global entries stay */
    bool of_page;      /* only the page of `address`, whatever its size */
    uint64_t address;
};

/* 0 entries: a cache that never holds anything. False: ways do not divide entries, or there is no memory. */
bool tlb_create(struct tlb *tlb, unsigned entries, unsigned ways);
void tlb_destroy(struct tlb *tlb);

/* The entry that translates the address, the smallest page first; NULL is a miss. What is found becomes the latest
 * used. */
const struct tlb_entry *tlb_find(struct tlb *tlb, uint64_t address, uint32_t asid);

/* Puts a translation into its set, in place of the one there that was not used for longest. */
void tlb_fill(struct tlb *tlb, const struct tlb_entry *filled);

void tlb_flush(struct tlb *tlb, const struct tlb_flush *flush);

/* An entry for the page of 2^shift bytes around the address. */
struct tlb_entry tlb_entry_of(uint64_t address, unsigned shift, uint32_t asid, uint64_t value, bool is_global);

#endif

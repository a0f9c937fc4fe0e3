/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The top-level tables that a VCPU holds a typed reference to, with direct page tables: the one in use, and those to
 * which the CPU lets the guest change by itself (VT-x: the CR3-target list). A small cache, whose loads that hit nobody
 * sees: which entry goes is chosen at random. A root leaves every list before it dies, since a listed one can become
 * the root in use at any moment without a word. Pure: references are taken and given back by the world passed in.
 */
#ifndef MMU_ROOT_CACHE_H
#define MMU_ROOT_CACHE_H

#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stdint.h>

#define ROOT_CACHE_MOST 4u              /* SDM vol. 3, "CR3-Target Controls" */
#define ROOT_CACHE_NONE ((coop_paddr)1) /* no root: not aligned */

#define ROOT_CACHE_ALL  UINT8_MAX

struct root_cache_world {
    void *context;
    /* Takes a reference that keeps a frame a top-level table. False: it is none. */
    bool (*get)(void *context, coop_paddr root);
    void (*put)(void *context, coop_paddr root);
};

struct root_cache {
    unsigned targets; /* constant: roots that the CPU may change to by itself, 0 to ROOT_CACHE_MOST */
    unsigned next;    /* the entry that goes next: a free one, or any */
    uint32_t random;  /* what it is chosen by */
    coop_paddr roots[ROOT_CACHE_MOST];
    uint8_t changed; /* bit n: entry n of the list, since the backend has last told the CPU; all: their number too */
};

void root_cache_init(struct root_cache *cache, unsigned targets);

/* The guest changes to this root, not by itself: from now on it has a reference and is listed, in place of another.
 * False when it is no top-level table: nothing has changed. */
bool root_cache_load(struct root_cache *cache, const struct root_cache_world *world, coop_paddr root);

/* This root is to die: off the list. False when the CPU has it loaded (`current`): it may not. */
bool root_cache_drop(struct root_cache *cache, const struct root_cache_world *world, coop_paddr root,
                     coop_paddr current);

/* The list for the CPU, into roots[ROOT_CACHE_MOST]: how many there are. */
unsigned root_cache_list(const struct root_cache *cache, coop_paddr *roots);

bool root_cache_holds(const struct root_cache *cache, coop_paddr root);

#endif

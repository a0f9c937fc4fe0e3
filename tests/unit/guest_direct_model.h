/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hypervisor with direct page tables, as coopvirt/abi.h has it, reduced to what its guest can see: for host tests of
 * the guest's side. Frame n of the guest is page n of an arena; the model keeps the type and the references of each,
 * carries batches out, and ends the test at the first operation that would be refused, or when a table was written by
 * anybody else.
 */
#ifndef GUEST_DIRECT_MODEL_H
#define GUEST_DIRECT_MODEL_H

#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_FRAMES 4096u

struct model_frame {
    unsigned level;    /* 0: no table */
    unsigned writable; /* entries that map it so */
    unsigned links;    /* entries that name it as a table */
    uint64_t copy[512];
};

struct model {
    uint8_t *arena;
    struct model_frame *frames;
    coop_paddr root; /* in use */
    coop_paddr user_root;
    bool is_deprivileged;
    unsigned yields_after; /* operations a hypercall does at most; 0: all */
    unsigned hypercalls, operations, flushes;
};
extern struct model model;

/* Makes the arena, with a kernel root at frame 1 that maps all of it where the host sees it, writable but for tables.
 * Frames from `*first_free` on are the guest's. */
void model_start(bool is_deprivileged, coop_paddr *first_free);
void model_stop(void);

/* What pv/hypercall.h calls. */
void model_hypercall_entry(void);

/* Nobody but the model has written a table. */
void model_check(void);

/* Tables of all levels that there are. */
unsigned model_tables(void);

#endif

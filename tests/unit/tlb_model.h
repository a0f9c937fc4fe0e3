/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A CPU's translation hardware as strict as the manuals allow: translations and table entries once read are used until
 * a flush, whatever happened to the tables since; accessed and dirty bits are written. What an emulator's CPU forgives
 * (both used here flush more than hardware does), this one does not. It walks the tables that a service has built, in
 * long or PAE format, with CR0.WP and EFER.NXE set.
 */
#ifndef TLB_MODEL_H
#define TLB_MODEL_H

#include "mmu/walker.h"
#include <stdbool.h>
#include <stdint.h>

#define TLB_MODEL_PAGES  64
#define TLB_MODEL_TABLES 64

struct tlb_model_page {
    bool is_valid;
    uint64_t linear, frame;
    bool writable, user, executable, dirty, global;
};

/* An upper-level entry: what lies below `level` for addresses with this prefix. */
struct tlb_model_table {
    bool is_valid;
    unsigned level;
    uint64_t prefix, frame;
    bool writable, user, executable;
};

struct tlb_model {
    void *(*address)(uint64_t machine);
    uint64_t root;
    unsigned root_level; /* 3: long, 2: PAE */
    bool smep, smap; /* smap: EFLAGS.AC is clear */
    /* Whether a frame may be read as a table of this level (0 maps pages) whatever was cached; NULL: any may. */
    bool (*is_table)(void *context, uint64_t machine, unsigned level);
    void *context;
    bool writes_dirty; /* the first write to a page sets its dirty bit, by another walk */
    struct tlb_model_page pages[TLB_MODEL_PAGES];
    struct tlb_model_table tables[TLB_MODEL_TABLES];
    unsigned next_page, next_table;
    const char *broken; /* why the tables could not be walked as hardware would, or NULL */
};

void tlb_model_flush(struct tlb_model *model);

/* What MOV to CR3 flushes: all but global pages. */
void tlb_model_flush_local(struct tlb_model *model);

/* What INVLPG flushes: the address's translation, and tables. */
void tlb_model_flush_page(struct tlb_model *model, uint64_t linear);

/* True with *machine, or a page fault, which forgets what is cached for that page. */
bool tlb_model_access(struct tlb_model *model, uint64_t linear, struct walker_access access, uint64_t *machine);

#endif

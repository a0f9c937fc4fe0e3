/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What silicon would charge for: TLBs of two levels, fed with every access and every flush of one CPU, and the walks
 * that their misses take. Whoever feeds it reads memory and control registers for it. Pure.
 */
#ifndef WALK_MODEL_H
#define WALK_MODEL_H

#include "page_walk.h"

struct walk_model_size {
    unsigned entries, ways;
};

/* The caches of a CPU. Both second levels are one where is_unified; then `second_data` has its size. */
struct walk_model_config {
    struct walk_model_size first_fetch, first_data, second_fetch, second_data;
    bool is_unified;
    unsigned walk_cache, nested_cache; /* entries, fully associative */
    bool has_tags;                     /* address spaces stay apart by ASID; otherwise each world switch flushes all */
};

enum walk_model_register { WALK_MODEL_CR0, WALK_MODEL_CR3, WALK_MODEL_CR4, WALK_MODEL_EFER, WALK_MODEL_REGISTERS };

struct walk_model_world {
    void *context;
    uint64_t (*read_memory)(void *context, uint64_t machine);
    uint64_t (*read_register)(void *context, enum walk_model_register which); /* of whoever runs */
};

enum walk_model_counter {
    WALK_MODEL_DATA,              /* accesses of data, page by page */
    WALK_MODEL_FETCHES,           /* blocks begun, and further pages of a block */
    WALK_MODEL_FIRST_MISSES,      /* not in the first level */
    WALK_MODEL_WALKS,             /* in no level */
    WALK_MODEL_REFERENCES,        /* table entries that the walks read */
    WALK_MODEL_NESTED_REFERENCES, /* those of them in the second dimension */
    WALK_MODEL_HOST_WALKS,        /* walks and entries while no guest ran behind a VMRUN */
    WALK_MODEL_HOST_REFERENCES,
    WALK_MODEL_FLUSHES,      /* of everything, or of all of one ASID */
    WALK_MODEL_ROOT_FLUSHES, /* by a write to CR3: what is not global */
    WALK_MODEL_PAGE_FLUSHES,
    WALK_MODEL_SWITCHES, /* into a guest, or out of it */
    WALK_MODEL_FAILED,   /* accesses that the tables do not explain: none where the model is right */
    WALK_MODEL_STALE,    /* hits that lead elsewhere than the tables; only told where someone compares */
    WALK_MODEL_COUNTERS
};

extern const char *const walk_model_counter_names[WALK_MODEL_COUNTERS];

struct walk_model {
    struct walk_model_config config;
    struct walk_model_world world;
    struct tlb first_fetch, first_data, second_fetch, second_data;
    struct page_walk walk;
    bool is_guest;
    uint32_t asid;        /* of the guest that runs; the host's is 0 */
    uint64_t nested_root; /* 0: the guest has one dimension */
    uint64_t counted[WALK_MODEL_COUNTERS];
};

bool walk_model_create(struct walk_model *model, const struct walk_model_config *config,
                       const struct walk_model_world *world);
void walk_model_destroy(struct walk_model *model);

/* One access within a page. The machine address that it came to; UINT64_MAX where the tables do not tell. */
uint64_t walk_model_access(struct walk_model *model, uint64_t address, bool is_fetch);

/* VMRUN with this control block, and its end. */
void walk_model_enter(struct walk_model *model, uint64_t vmcb);
void walk_model_exit(struct walk_model *model);

/* A write to CR3, INVLPG, and a write to a control register that makes all translations of the address space void. */
void walk_model_flush_root(struct walk_model *model);
void walk_model_flush_page(struct walk_model *model, uint64_t address);
void walk_model_flush_page_of(struct walk_model *model, uint64_t address, uint32_t asid); /* INVLPGA */
void walk_model_flush_space(struct walk_model *model);

#endif

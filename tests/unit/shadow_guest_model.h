/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest for the shadow service's tests: some memory, page tables in one of the formats, a CPU that walks the shadow
 * of them, and a plain reference walker that says what a bare CPU would do. The guest edits its tables through its own
 * mappings of them, as a kernel does.
 */
#ifndef SHADOW_GUEST_MODEL_H
#define SHADOW_GUEST_MODEL_H

#include "mmu/shadow.h"
#include "tlb_model.h"

#define MODEL_FRAMES     96 /* of memory from address 0 up */
#define MODEL_READ_ONLY  80 /* from this frame on it is read-only */
#define MODEL_LEVEL_POOL 6  /* tables a level that are edited */
#define MODEL_OTHERS     2  /* CPUs besides the one that acts */

enum model_format { MODEL_LONG, MODEL_PAE, MODEL_32, MODEL_FORMATS };

struct model_reference {
    bool ok;
    uint64_t address;
    uint32_t error_code;
    bool is_accessed, is_dirty; /* what the entries on the way say now */
    bool has_entry;             /* there is one that maps the page: */
    uint64_t entry_frame;
    unsigned entry_index;
};

/* What a CPU has for itself, while another acts. */
struct model_cpu {
    unsigned number;
    struct shadow_cpu cpu;
    struct tlb_model tlb;
    struct walker_state state;
};

struct model {
    enum model_format format;
    struct shadow shadow;
    struct shadow_cpu cpu;
    struct tlb_model tlb;
    bool is_ring3; /* kernel and user mode are both ring 3, on a root each; then `cpu` and `tlb` are the kernel's: */
    struct shadow_cpu user_cpu;
    struct tlb_model user_tlb;
    struct walker_state state;
    uint64_t direct; /* linear address where all memory is mapped */
    unsigned levels, entry_bytes;
    uint64_t pool[4][MODEL_LEVEL_POOL]; /* guest frames by level, 0 the last */
    unsigned flushes_left_out;          /* bit n: enum shadow_flush n */
    unsigned others;                    /* CPUs that run the guest too: */
    struct model_cpu other[MODEL_OTHERS];
    unsigned number;                   /* of the one that acts */
    unsigned settles_left_out;         /* bit n: enum shadow_settle n */
    bool is_unsettled;                 /* the others have not been flushed yet */
    void (*meanwhile)(struct model *); /* what the others do at the last moment before they are */
    void (*look)(struct model *);      /* and at any other: they read */
    bool is_disturbed;                 /* they did something in the operation at hand */
    uint64_t random;
    bool was_emulated;     /* the last access: a write to a watched table */
    const char *complaint; /* the first thing that was wrong, or NULL */
};

/* A guest with `pages` shadow pages; frames of the service come from the host. */
void model_create(struct model *model, enum model_format format, uint32_t pages, uint64_t seed);
void model_destroy(struct model *model);

/* Its kernel is deprivileged from now on. */
void model_enter_ring3(struct model *model);

/* Two more CPUs run it from now on. */
void model_add_others(struct model *model);

/* One of them acts from now on. */
void model_switch(struct model *model, unsigned other);

/* The end of an operation on the service: the others are flushed. */
void model_end(struct model *model);

/* Another's direct store to a table, and a read, if the shadow tables or what it remembers of them allow it. */
void model_read_meanwhile(struct model *model, unsigned other, uint64_t linear);
void model_store_meanwhile(struct model *model, unsigned other, uint64_t frame, unsigned index, uint64_t value);

/* Frames that the service holds. */
unsigned model_frames_out(void);

uint64_t model_random(struct model *model, uint64_t below);

/* What a bare CPU would do. */
struct model_reference model_refer(const struct model *model, uint64_t linear, struct walker_access access);

/* The same access by the guest, faults handled, compared with the reference unless is_stale: the guest has changed its
 * tables and not yet flushed. True when it succeeded; *machine then is where. */
bool model_access(struct model *model, uint64_t linear, struct walker_access access, bool is_stale, uint64_t *machine);

/* The guest writes an entry of a table through its mapping of all memory, or at another linear address of it. */
void model_write_entry(struct model *model, uint64_t frame, unsigned index, uint64_t value, uint64_t linear);

uint64_t model_read_entry(const struct model *model, uint64_t frame, unsigned index);

void model_load_root(struct model *model, uint64_t cr3);
void model_load_state(struct model *model);
void model_invalidate(struct model *model, uint64_t linear);

void *model_memory(uint64_t guest);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VM on direct page tables for the service's tests: memory in three pieces with others' frames between them, two CPUs
 * that keep every stale translation, and a guest that asks for anything. What is granted and what is refused is decided
 * once more here, by looking at all tables; after every step records and tables must agree, and no access may reach
 * what it must not.
 */
#ifndef DIRECT_MODEL_H
#define DIRECT_MODEL_H

#include "mmu/direct.h"
#include "tlb_model.h"

#define MODEL_FIRST  0x100ul /* number of the first machine frame */
#define MODEL_FRAMES 64u     /* machine frames in all, some of them others' */
#define MODEL_CPUS   2u
#define MODEL_HOLDS  4u

struct model_hold {
    coop_paddr address;
    uint64_t bytes; /* 0: none */
};

struct model {
    struct direct direct;
    struct guest_memory memory;
    struct tlb_model cpus[MODEL_CPUS];
    coop_paddr kept; /* a root that a CPU might load by itself; 0: none */
    struct model_hold holds[MODEL_HOLDS];
    uint8_t types[MODEL_FRAMES]; /* enum direct_type, as the model sees it */
    bool is_deprivileged;
    unsigned flushes_left_out; /* bit n: enum direct_flush n */
    uint32_t (*choose)(void *source, uint32_t below);
    void *source;
    const char *complaint; /* the first thing that was wrong, or NULL */
};

void model_create(struct model *model, bool is_deprivileged, uint32_t (*choose)(void *, uint32_t), void *source);
void model_destroy(struct model *model);

/* One operation of the guest or the hypervisor, some accesses, and the comparison. */
void model_step(struct model *model);

/* All records against all tables. */
void model_compare(struct model *model);

/* A machine frame as the hypervisor sees it. */
uint64_t *model_frame(coop_paddr machine);

#endif

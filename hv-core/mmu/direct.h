/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Direct page tables: the guest's own tables are what the CPU walks, read-only to it, changed by the operations of
 * coopvirt/abi.h that hypercalls bring. One record a frame of the VM's memory says what the frame is and how often it
 * is that, so that no frame is ever writable and a page table at once, and no table is ever scanned to find out.
 *
 * A frame's type outlives its last reference in the CPUs' translation caches. Nothing is flushed then: the record keeps
 * the epoch (the number of flushes so far), and only when the frame takes another type before the next flush is one
 * asked for. What the guest flushes by itself counts for nothing.
 * Pure: memory, flushes and the loading of roots come from the caller, so that host tests can stand in for the CPU.
 */
#ifndef MMU_DIRECT_H
#define MMU_DIRECT_H

#include "mmu/guest_memory.h"
#include <coopvirt/abi.h>
#include <coopvirt/mutation.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIRECT_ENTRIES   512u
#define DIRECT_LEVELS    4u
#define DIRECT_TOP_SLOTS (COOP_SLOT_LAST - COOP_SLOT_FIRST + 1)

/* DIRECT_TABLE_1 - 1 + n is a table of level n. A page without references is ordinary, with some it is writable. */
enum direct_type {
    DIRECT_OUTSIDE, /* not this VM's memory */
    DIRECT_PAGE,
    DIRECT_TABLE_1,
    DIRECT_TABLE_2,
    DIRECT_TABLE_3,
    DIRECT_TABLE_4
};

struct direct_frame {
    uint32_t references; /* a page: writable mappings and holds; a table: entries that link it, and roots in use */
    uint32_t groups;     /* a table: bit n: there may be entries in slots 16 n to 16 n + 15 */
    uint32_t epoch;      /* of the VM, when `references` last became 0 */
    uint16_t present;    /* a table: entries that are not 0; a page: 0 when its content is known to be zeros */
    uint8_t type;        /* enum direct_type */
    uint8_t stale;       /* the type that it had until `epoch`; DIRECT_OUTSIDE: never any */
};
_Static_assert(sizeof(struct direct_frame) == 16, "a record is found by a shift");

/* Why translations must not be used any more, on any CPU. The caller need not know; tests leave them out one by one. */
enum direct_flush {
    DIRECT_FLUSH_TABLE,    /* a frame that was mapped writable becomes a table */
    DIRECT_FLUSH_LEVEL,    /* one that was a table becomes one of another level */
    DIRECT_FLUSH_WRITABLE, /* one that was a table is mapped writable */
    DIRECT_FLUSH_HELD,     /* one that was a table is written by the hypervisor */
    DIRECT_FLUSH_REASONS
};

struct direct_world {
    void *context;
    /* No translation of before is used when the guest runs again on any CPU, global ones and cached tables included. */
    void (*flush)(void *context, enum direct_flush why);
    /* COOP_MMU_ROOT of a batch. 0 or a COOP_E number. `caller` is what direct_batch was given. */
    int (*root)(void *caller, coop_paddr kernel, coop_paddr user);
    /* COOP_MMU_FLUSH_ operations of a batch: only what the guest wants for itself. 0 or a COOP_E number. */
    int (*guest_flush)(void *caller, unsigned operation, uint64_t linear, uint64_t value);
    /* Whether a long batch should come back now. *since is the world's, 0 when a batch asks for the first time. */
    bool (*should_yield)(void *caller, uint64_t *since);
    /* A root that is in nobody's tables is to be freed: whoever keeps it loadable in advance lets go of it. */
    void (*forget_root)(void *context, coop_paddr root);
    /* What the hypervisor's slots of each top-level table hold; NULL: nothing. */
    const uint64_t *top_slots;
};

struct direct_counts {
    uint64_t operations, flushes[DIRECT_FLUSH_REASONS];
    uint64_t cleared; /* tables that had to be cleared at their birth */
};

struct direct {
    uintptr_t map;               /* the hypervisor sees machine address A at map + A */
    struct direct_frame *frames; /* records from the VM's first machine frame to its last; behind them one of type
                                    DIRECT_OUTSIDE stands for all others */
    uintptr_t origin;            /* where the record of machine frame 0 would be */
    uint64_t start, bytes;       /* of the records: the first one's place behind `origin`, and of all but the last */
    uint32_t epoch;
    bool is_shared;        /* constant: as in the configuration */
    bool has_stale_tables; /* and some page was a table, and was not flushed since */
    bool has_global;       /* some page was ever mapped global and writable: only a flush of all counts */
    uint32_t batch_limit;  /* operations a hypercall may bring */
    uint64_t looked_at;    /* bits of which a usual entry of level 1 has P alone */
    uint64_t frame_bits;   /* X86_PTE_FRAME, where an instruction finds it as an operand */
    uint64_t add, strip;   /* bits that each present entry gets, and those that it loses */
    struct direct_world world;
    struct direct_counts counts;
};

struct direct_config {
    const struct guest_memory *memory; /* identity ranges */
    uintptr_t map;
    struct direct_frame *frames; /* direct_bytes() of zeroed memory */
    bool is_deprivileged;        /* the guest kernel has ring 3: U is added to every entry, G taken */
    bool is_shared;              /* pages are held by other CPUs than the VCPU's too: direct_settle has work */
    uint32_t batch_limit;        /* 1 to COOP_MMU_BATCH_MOST */
};

/* Bytes of records for a VM's memory, which is all zeros at the start. */
size_t direct_bytes(const struct guest_memory *memory);

void direct_create(struct direct *direct, const struct direct_world *world, const struct direct_config *config);

/* One operation each: 0, or a COOP_E number with nothing changed. VM's lock held, as for all that follows. */
int direct_set(struct direct *direct, coop_paddr slot, uint64_t entry);
int direct_clear(struct direct *direct, coop_paddr slot, uint64_t count);
int direct_table_new(struct direct *direct, coop_paddr address, uint64_t level);
int direct_table_free(struct direct *direct, coop_paddr address);

/* A top-level table that a CPU may load from now on, without telling: it stays one until it is put back as often.
 * 0 or COOP_EINVAL. */
int direct_root_get(struct direct *direct, coop_paddr root);
void direct_root_put(struct direct *direct, coop_paddr root);

/* The hypervisor is going to write [address, address + bytes): no table, none while it is held. */
bool direct_hold(struct direct *direct, coop_paddr address, uint64_t bytes);
void direct_release(struct direct *direct, coop_paddr address, uint64_t bytes);

static inline void direct_next_epoch(struct direct *direct)
{
    direct->epoch++;
    direct->has_stale_tables = false;
}

/* All CPUs that run the VM have been flushed by the hypervisor itself, for another reason than world.flush. */
static inline void direct_flushed(struct direct *direct, bool is_with_global)
{
    if (is_with_global || MUTATED(direct_global) || !direct->has_global)
        direct_next_epoch(direct);
}

/* What direct_settle does when it has to. (direct_frame.c) */
void direct_settle_stale(struct direct *direct);

/* Flushes what might have to be when the hypervisor holds a page that was a table, so that it can be held where no
 * flush can be waited for: on another CPU than the VCPU's. */
static inline void direct_settle(struct direct *direct)
{
    if (__builtin_expect(direct->has_stale_tables, 0))
        direct_settle_stale(direct);
}

/* The record of a frame; of type DIRECT_OUTSIDE when it is not the VM's. */
const struct direct_frame *direct_find(const struct direct *direct, coop_paddr address);

#endif

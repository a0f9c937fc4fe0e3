/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one walker of guest page tables: a format is an array of level descriptors, memory comes as a
 * parameter, the answer is a guest-physical address or the page fault that the CPU would have raised.
 * It sets no accessed or dirty bits: walker_mark.h does. Pure.
 */
#ifndef MMU_WALKER_H
#define MMU_WALKER_H

#include <coopvirt/abi.h>
#include <coopvirt/x86.h>
#include <stdbool.h>
#include <stdint.h>

struct registers;

#define WALKER_LEVELS  5
#define WALKER_PAE_TOP 4 /* entries of the topmost table of PAE */

/* One level of tables, the topmost first. */
struct walker_level {
    uint8_t shift; /* of the linear address, to the index */
    uint8_t index_bits;
    bool may_map;         /* an entry may map a page of this size: the last level, or one with PS */
    bool has_permissions; /* W, U and NX count; false for the top entries of PAE */
    uint64_t frame_mask;  /* of an entry that points to a table, or maps at the last level */
    uint64_t large_mask;  /* of an entry that maps a large page */
    uint64_t reserved;    /* bits that must be zero */
    uint64_t large_reserved;
};

struct walker_format {
    const char *name;
    uint8_t levels;
    uint8_t entry_bytes; /* 4 or 8 */
    struct walker_level level[WALKER_LEVELS];
};

extern const struct walker_format walker_format_32, walker_format_pae, walker_format_long4, walker_format_long5;

/* Where the tables are: reads one entry; false when there is no memory at that address. */
struct walker_memory {
    void *context;
    bool (*read)(void *context, coop_paddr address, unsigned bytes, uint64_t *entry);
};

/* What is asked of a translation: where a page fault's error code says the same. */
struct walker_access {
    uint8_t : 1;
    bool is_write : 1;
    bool is_user : 1;
    uint8_t : 1;
    bool is_fetch : 1;
};
_Static_assert(sizeof(struct walker_access) == 1, "one byte of an error code");

union walker_access_code {
    struct walker_access access;
    uint8_t code;
};

/* From an error code to what it was about, and back. */
static inline struct walker_access walker_access_of(uint32_t code)
{
    union walker_access_code both = {.code = code & (X86_PF_WRITE | X86_PF_USER | X86_PF_INSTRUCTION)};
    return both.access;
}

static inline uint32_t walker_access_code(struct walker_access access)
{
    union walker_access_code both = {.access = access};
    return both.code & (X86_PF_WRITE | X86_PF_USER | X86_PF_INSTRUCTION);
}

/* The state of the CPU that matters. */
struct walker_state {
    const struct walker_format *format; /* NULL: paging is off */
    uint64_t root;                      /* CR3 */
    bool write_protect;                 /* CR0.WP */
    bool large_pages;                   /* CR4.PSE, or a format that always has them */
    bool no_execute;                    /* EFER.NXE */
    bool smep, smap;                    /* CR4; smap is false when RFLAGS.AC lifts it */
};

struct walker_result {
    bool ok;
    coop_paddr address;  /* guest-physical, when ok */
    uint64_t page_bytes; /* of the page that maps it */
    uint32_t error_code; /* of the page fault, when not */
};

/* The way that a walk took. */
struct walker_trace {
    unsigned depth;                      /* entries read; the last one of a successful walk maps the page */
    coop_paddr addresses[WALKER_LEVELS]; /* where they are */
    uint64_t entries[WALKER_LEVELS];
    bool writable, user, executable; /* the rights of all entries together */
};

/* Chooses format and flags from the registers. */
void walker_state_set(struct walker_state *state, const struct registers *registers);

struct walker_result walker_translate(const struct walker_state *state, const struct walker_memory *memory,
                                      uint64_t linear, struct walker_access access);

/* The same, and how it came about. */
struct walker_result walker_walk(const struct walker_state *state, const struct walker_memory *memory, uint64_t linear,
                                 struct walker_access access, struct walker_trace *trace);

/* Whether the CPU would load these as the top entries of PAE: not those that are present with reserved bits set, and
 * an address wider than physical_bits is that. SDM vol. 3, "PDPTE Registers". */
bool walker_can_load_top(const uint64_t entries[WALKER_PAE_TOP], unsigned physical_bits);

#endif

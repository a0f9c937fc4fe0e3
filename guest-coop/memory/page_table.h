/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page tables: the one place where entries are made, read and written, all through pv.mmu. Tables are named
 * by their frames and reached through the direct map.
 */
#ifndef MEMORY_PAGE_TABLE_H
#define MEMORY_PAGE_TABLE_H

#include "pv/pv.h"
#include <coopvirt/abi.h>
#include <coopvirt/x86.h>
#include <stdbool.h>
#include <stdint.h>

/* Flags of user pages; NX is masked off where the CPU has none. */
#define PAGE_USER      (X86_PTE_P | X86_PTE_U | X86_PTE_A)
#define PAGE_KERNEL    (X86_PTE_P | X86_PTE_A | X86_PTE_D | X86_PTE_G)
#define PAGE_KERNEL_RW (PAGE_KERNEL | X86_PTE_W | X86_PTE_NX)

extern uint64_t page_table_flags_mask; /* all flags that this CPU has */

/* In every mode an entry names a frame by its coop_paddr. */
static inline uint64_t page_entry(coop_paddr frame, uint64_t flags)
{
    return frame | (flags & page_table_flags_mask);
}
static inline coop_paddr page_frame(uint64_t entry)
{
    return entry & X86_PTE_FRAME;
}
static inline bool page_present(uint64_t entry)
{
    return entry & X86_PTE_P;
}
static inline void page_set(uint64_t *slot, uint64_t entry)
{
    pv.mmu.pte_set(slot, entry);
}

/* 2: where the kernel has ring 3, a root is two frames in a row, the second one, for user mode, without the kernel. */
extern unsigned page_table_root_frames;

/* The last-level slot for a user or kernel address, or NULL when no table leads there. */
uint64_t *page_table_find(coop_paddr root, uint64_t address);

/* The same, making the tables on the way; NULL when memory is exhausted. */
uint64_t *page_table_make(coop_paddr root, uint64_t address);

/* The same for addresses that rise from call to call, in one section: what the path has passed is not read again. */
struct page_table_path {
    coop_paddr root;
    uint64_t *tables[5]; /* by level, NULL: not passed yet; the last address lies in each */
    uint64_t address;
};
void page_table_path_start(struct page_table_path *path, coop_paddr root);
uint64_t *page_table_path_make(struct page_table_path *path, uint64_t address);

/* Frames to give back once no CPU can reach them any more: collected, flushed together, released. */
#define PAGE_GATHER_FRAMES 64
struct page_gather {
    unsigned count;
    bool flush;     /* the space is loaded: its translations must go first */
    uint64_t pages; /* OUT pages that were mapped */
    coop_paddr frames[PAGE_GATHER_FRAMES];
};
void page_gather_finish(struct page_gather *gather);

/*
 * Unmaps user pages in [start, end) into `gather`. Tables that lie wholly in [floor, ceiling) go too: nothing else
 * may be mapped between floor and start, or end and ceiling.
 */
void page_table_clear(coop_paddr root, uint64_t start, uint64_t end, uint64_t floor, uint64_t ceiling,
                      struct page_gather *gather);

/*
 * Calls visit for the slot of each present page in [start, end), skipping absent tables. Stops when it
 * returns a negative number, and returns that; else 0.
 */
typedef int page_visitor(void *context, uint64_t address, uint64_t *slot);
int page_table_visit(coop_paddr root, uint64_t start, uint64_t end, page_visitor *visit, void *context);

/* A root whose kernel half is the kernel's; 0 when memory is exhausted. Give it back only when its user half is empty.
 */
coop_paddr page_table_root_create(void);
void page_table_root_destroy(coop_paddr root);

/* Kernel mappings at boot, by the largest pages that fit. False when memory is exhausted. */
bool page_table_map_range(coop_paddr root, uint64_t address, coop_paddr frame, uint64_t bytes, uint64_t flags,
                          bool pages_1g);

#endif

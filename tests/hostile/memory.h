/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hostile guest's memory: frames, tables made by the rules, and a window of its address space to try things in.
 */
#ifndef HOSTILE_MEMORY_H
#define HOSTILE_MEMORY_H

#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stdint.h>

#define MEMORY_WINDOW 0xffff960000000000ul /* slot 300: tables of levels 3, 2, 1, the last one empty */
#define MEMORY_USER   0x8000000000ul       /* slot 1: the page of user code */

#define MEMORY_RW    (X86_PTE_P | X86_PTE_W | X86_PTE_NX)
#define MEMORY_TABLE (X86_PTE_P | X86_PTE_W)

/* Tables that the window uses, and the roots. Constant after memory_start. */
extern coop_paddr memory_root, memory_user_root, memory_window[5]; /* by level; [4] is the root */
extern unsigned memory_done; /* operations of the last batch that were carried out */

/* Needs what machine_start found. */
void memory_start(void);

void *memory_at(coop_paddr address);
coop_paddr memory_paddr(const void *address); /* of the image or of the direct map */
bool memory_is_own(coop_paddr frame);
coop_paddr memory_own_end(void); /* behind the last extent */

/* Behind it, where nothing is this VM's. */
coop_paddr memory_foreign(void);

/* An ordinary frame of zeros, mapped writable at memory_at(). */
coop_paddr memory_frame_new(void);
void memory_frame_free(coop_paddr frame);

/* Whether the direct map maps a frame writable: changed by the rules. */
void memory_set_writable(coop_paddr frame, bool is_writable);

/* An empty table, linked nowhere; and back to an ordinary frame. */
coop_paddr memory_table_new(unsigned level);
void memory_table_free(coop_paddr table);

/* Links the kernel's half into another root, as the one in use has it. */
void memory_link_kernel(coop_paddr root);

/* Page tables are the hypervisor's to check; else they are this guest's own, shadowed. */
bool memory_is_direct(void);

/* Batches: 0, or the negated error that ended it. */
long memory_batch(const struct coop_mmu_operation *operations, unsigned count);
long memory_do(unsigned operation, uint64_t target, uint64_t value);
long memory_set(coop_paddr slot, uint64_t entry);

/* The coop_paddr of an address's slot at a level; 0 where a table is missing. */
coop_paddr memory_slot(uint64_t address, unsigned level);
uint64_t memory_entry(coop_paddr slot);

/* Slot `index` of the window's last table. */
static inline coop_paddr memory_window_slot(unsigned index)
{
    return memory_window[1] + index * 8ul;
}
static inline uint64_t memory_window_address(unsigned index)
{
    return MEMORY_WINDOW + index * 4096ul;
}

/* The page of user code, writable. */
void *memory_user_page(void);

/* What the tables must be, read as the CPU reads them: NULL, or what is wrong. */
const char *memory_check(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Forged entries: what a slot of a table must not hold, and slots that are not the guest's to change. Each case leaves
 * the window as it was, whether its entry was taken or not.
 */
#include "cases.h"
#include "hostile.h"
#include "machine.h"
#include "memory.h"

#define SWEEP_STEP 0x40000ul
#define SWEEP_END  0x40000000ul

/* Sets a slot, and takes what it took away again. */
static long entry_try(coop_paddr slot, uint64_t entry)
{
    long result = memory_set(slot, entry);
    if (!result)
        memory_do(COOP_MMU_CLEAR, slot, 1);
    return result;
}

/* An own frame, with these bits besides. */
long entry_bits(uint64_t bits)
{
    coop_paddr frame = memory_frame_new();
    long result = entry_try(memory_window_slot(0), frame | MEMORY_RW | bits);
    memory_frame_free(frame);
    return result;
}

/* An empty table linked one level up (2 to 4, in the low bits of the argument), with these bits besides. */
long entry_table_bits(uint64_t level_and_bits)
{
    unsigned level = level_and_bits & 7;
    coop_paddr table = memory_table_new(level - 1);
    long result = entry_try(memory_window[level] + 3 * 8, table | MEMORY_TABLE | (level_and_bits & ~7ul));
    memory_table_free(table);
    return result;
}

/* Frame 0 of the argument's high bits, writable or read-only as its low bits say. */
long entry_frame(uint64_t entry)
{
    return entry_try(memory_window_slot(0), entry);
}

/* Not present: bits that a speculating CPU would take for an address. */
long entry_absent(uint64_t entry)
{
    return entry_try(memory_window_slot(0), entry);
}

/* A frame just outside this VM's memory: argument 0: below, 1: above, 2: far above; the other bits are the entry's. */
long entry_neighbour(uint64_t which)
{
    coop_paddr frame = which & 0xf ? memory_own_end() : start_info->extents[0].base - 4096;
    if ((which & 0xf) == 2)
        frame += 64ul << 20;
    return entry_try(memory_window_slot(0), frame | (which & ~0xful) | X86_PTE_P);
}

/* Everything up to 1 GiB that is not this VM's, in steps: the hypervisor's own image and tables, the other VM. */
long entry_sweep(uint64_t bits)
{
    for (coop_paddr frame = 0; frame < SWEEP_END; frame += frame < 0x400000 ? 4096 : SWEEP_STEP)
        if (!memory_is_own(frame) && !entry_try(memory_window_slot(0), frame | bits))
            return HOLE;
    return -COOP_EINVAL;
}

/* A large page of the VM's own memory: level 2 or 3 in the low bits. */
long entry_large(uint64_t level)
{
    uint64_t bytes = level == 2 ? X86_PAGE_2M : X86_PAGE_1G;
    coop_paddr frame = start_info->extents[start_info->extent_count - 1].base & ~(bytes - 1);
    return entry_try(memory_window[level] + 5 * 8, frame | MEMORY_TABLE | X86_PTE_PS);
}

/* A slot of `level` (low 3 bits) that names a table of another level (next 3 bits; 0: an ordinary frame). */
long entry_confused(uint64_t levels)
{
    unsigned level = levels & 7, named = levels >> 3 & 7;
    coop_paddr child = named ? memory_table_new(named) : memory_frame_new();
    coop_paddr parent = memory_table_new(level);
    long result = entry_try(parent, child | MEMORY_TABLE);
    memory_table_free(parent);
    if (named)
        memory_table_free(child);
    else
        memory_frame_free(child);
    return result;
}

/* A slot of a table in use that names the table itself (argument: level), or the one above it (level | 8). */
long entry_recursive(uint64_t level_and_up)
{
    unsigned level = level_and_up & 7;
    coop_paddr named = level_and_up & 8 ? memory_window[level + 1] : memory_window[level];
    return entry_try(memory_window[level] + 7 * 8, named | MEMORY_TABLE);
}

/* The same, read-only: a table that reads itself as its child would let A and D bits be written by the CPU. */
long entry_recursive_read(uint64_t level)
{
    return entry_try(memory_window[level] + 7 * 8, memory_window[level] | X86_PTE_P);
}

/* The hypervisor's slots of the root. */
long entry_hypervisor_slot(uint64_t slot)
{
    coop_paddr table = memory_table_new(3);
    long result = entry_try(memory_root + slot * 8, table | MEMORY_TABLE);
    memory_table_free(table);
    return result;
}
long entry_hypervisor_clear(uint64_t first_and_count)
{
    return memory_do(COOP_MMU_CLEAR, memory_root + (first_and_count & 0xffff) * 8, first_and_count >> 16);
}
long entry_hypervisor_zero(uint64_t slot)
{
    return memory_set(memory_root + slot * 8, 0);
}

/* User access to what lies above the middle: never in level 4. */
long entry_user_upper(uint64_t slot)
{
    coop_paddr table = memory_table_new(3);
    long result = entry_try(memory_root + slot * 8, table | MEMORY_TABLE | X86_PTE_U);
    memory_table_free(table);
    return result;
}

/* Slots that lie in no table of this VM: 0: an ordinary frame, 1: the neighbour's memory, 2: frame 0, 3: beyond any
 * memory, 4: a frame whose table is gone. */
long entry_slot_outside(uint64_t which)
{
    coop_paddr frame = memory_frame_new(), gone = memory_table_new(1);
    memory_table_free(gone);
    coop_paddr slots[] = {frame, memory_own_end(), 0, 1ul << 51, gone};
    long result = memory_set(slots[which], frame | MEMORY_RW);
    uint64_t *seen = memory_at(frame);
    if (seen[0])
        result = HOLE;
    memory_frame_free(frame);
    return result;
}

long entry_clear(uint64_t slot_and_count)
{
    return memory_do(COOP_MMU_CLEAR, memory_window_slot(slot_and_count & 511), slot_and_count >> 9);
}
long entry_clear_outside(uint64_t unused)
{
    (void)unused;
    coop_paddr frame = memory_frame_new();
    uint64_t *seen = memory_at(frame);
    seen[0] = 1;
    long result = memory_do(COOP_MMU_CLEAR, frame, 1);
    result = seen[0] == 1 ? result : HOLE;
    memory_frame_free(frame);
    return result;
}

/* A table mapped writable: by the window (argument: its level), by an alias in a table that is linked nowhere
 * (level | 8). */
long entry_table_writable(uint64_t level_and_alias)
{
    coop_paddr table = memory_window[level_and_alias & 7];
    if (!(level_and_alias & 8))
        return entry_try(memory_window_slot(1), table | MEMORY_RW);
    coop_paddr alias = memory_table_new(1);
    long result = entry_try(alias, table | MEMORY_RW);
    memory_table_free(alias);
    return result;
}

/* W set where the direct map has a table read-only. */
long entry_direct_map_writable(uint64_t level)
{
    coop_paddr slot = memory_slot((uint64_t)memory_at(memory_window[level]), 1);
    uint64_t entry = memory_entry(slot);
    long result = memory_set(slot, entry | X86_PTE_W);
    if (!result)
        memory_set(slot, entry);
    return result;
}

/* Global pages of a deprivileged kernel would outlive its turn. */
long entry_global(uint64_t unused)
{
    (void)unused;
    coop_paddr frame = memory_frame_new();
    long result = memory_set(memory_window_slot(0), frame | MEMORY_RW | X86_PTE_G);
    if (!result && memory_entry(memory_window_slot(0)) & X86_PTE_G)
        result = HOLE;
    memory_do(COOP_MMU_CLEAR, memory_window_slot(0), 1);
    memory_frame_free(frame);
    return result < 0 ? 0 : result;
}

/* Tables are read-only to the CPU too: writes through the direct map. */
long entry_write_table(uint64_t level)
{
    uint64_t address = (uint64_t)memory_at(memory_window[level]) + 9 * 8;
    unsigned raised = machine_probe_write(address, 0);
    return raised == 1 + X86_VECTOR_PF ? 0 : HOLE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types of frames changed under what still uses them, and translations that a CPU may still hold.
 */
#include "cases.h"
#include "hostile.h"
#include "machine.h"
#include "memory.h"

/* The frame may be mapped writable at memory_at(): refused then. */
long type_new_while_writable(uint64_t level)
{
    coop_paddr frame = memory_frame_new();
    long result = memory_do(COOP_MMU_TABLE_NEW, frame, level);
    if (!result)
        memory_do(COOP_MMU_TABLE_FREE, frame, 0);
    memory_frame_free(frame);
    return result;
}

/* No more by the direct map, but by an alias: in the window, or in a table that is linked nowhere (argument 1). */
long type_new_while_alias(uint64_t is_unlinked)
{
    coop_paddr frame = memory_frame_new(), alias = is_unlinked ? memory_table_new(1) : 0;
    coop_paddr slot = is_unlinked ? alias : memory_window_slot(2);
    memory_set_writable(frame, false);
    long set = memory_set(slot, frame | MEMORY_RW);
    long result = memory_do(COOP_MMU_TABLE_NEW, frame, 1);
    if (!result)
        memory_do(COOP_MMU_TABLE_FREE, frame, 0);
    memory_do(COOP_MMU_CLEAR, slot, 1);
    memory_set_writable(frame, true);
    memory_frame_free(frame);
    if (alias)
        memory_table_free(alias);
    return set ? HOLE : result;
}

/* Levels that there are none of. */
long type_new_level(uint64_t level)
{
    coop_paddr frame = memory_frame_new();
    memory_set_writable(frame, false);
    long result = memory_do(COOP_MMU_TABLE_NEW, frame, level);
    if (!result)
        memory_do(COOP_MMU_TABLE_FREE, frame, 0);
    memory_set_writable(frame, true);
    memory_frame_free(frame);
    return result;
}

/* A table born by a call that was made with these flags: forged entries are not left in it. */
long type_new_flags(uint64_t flags)
{
    static struct coop_mmu_operation operation __attribute__((aligned(16)));
    coop_paddr before = memory_frame_new(), frame = memory_frame_new();
    volatile uint64_t *slots = memory_at(frame);
    slots[1] = memory_own_end() | MEMORY_TABLE;
    memory_set_writable(frame, false);
    operation = (struct coop_mmu_operation){frame | COOP_MMU_TABLE_NEW, 1};
    long result = hypercall_with(flags, COOP_HYPERCALL_MMU_BATCH, memory_paddr(&operation), 1, 0);
    result = result == 1 && !slots[1] ? 0 : HOLE;
    memory_do(COOP_MMU_TABLE_FREE, frame, 0);
    memory_set_writable(frame, true);
    memory_frame_free(frame);
    memory_frame_free(before);
    return result;
}

/* A table that is linked nowhere cannot be born once more. */
long type_new_again(uint64_t unused)
{
    (void)unused;
    coop_paddr table = memory_table_new(1);
    long result = memory_do(COOP_MMU_TABLE_NEW, table, 2);
    memory_table_free(table);
    return result;
}

/* Frames that cannot become tables: 0: the root in use, 1: a table in use, 2: the neighbour's, 3: frame 0, 4: beyond
 * memory, 5: this VCPU's page, 6: 0xfee00000, 7: not aligned. */
long type_new_of(uint64_t which)
{
    const coop_paddr frames[] = {memory_root, memory_window[1], memory_own_end(), 0,
                                 1ul << 51,   start_info->vcpu, 0xfee00000,       memory_window[1] + 8};
    return memory_do(COOP_MMU_TABLE_NEW, frames[which], 1);
}

/* Frames that cannot be freed: 0: linked (argument: its level), the root (4), 5: no table, 6: the neighbour's, 7: the
 * root of user mode, 8: beyond memory, 9: linked in two places, then in one. */
static long type_free_linked_twice(void)
{
    coop_paddr table = memory_table_new(1);
    memory_set(memory_window[2] + 8, table | MEMORY_TABLE);
    memory_set(memory_window[2] + 16, table | MEMORY_TABLE);
    memory_do(COOP_MMU_CLEAR, memory_window[2] + 8, 1);
    long result = memory_do(COOP_MMU_TABLE_FREE, table, 0);
    memory_do(COOP_MMU_CLEAR, memory_window[2] + 16, 1);
    if (result)
        memory_table_free(table);
    return result;
}
long type_free_of(uint64_t which)
{
    const coop_paddr frames[] = {0,           memory_window[1], memory_window[2], memory_window[3],
                                 memory_root, start_info->vcpu, memory_own_end(), memory_user_root,
                                 1ul << 51};
    return which == 9 ? type_free_linked_twice() : memory_do(COOP_MMU_TABLE_FREE, frames[which], 0);
}

/* No attack: a table's birth, its link, its end, and its frame's life as a page. */
long type_birth_and_death(uint64_t unused)
{
    (void)unused;
    coop_paddr table = memory_table_new(1);
    long result = memory_set(memory_window[2] + 8, table | MEMORY_TABLE);
    result |= memory_do(COOP_MMU_CLEAR, memory_window[2] + 8, 1);
    memory_table_free(table);
    return result;
}

/* A freed table's frame holds zeros, and nothing that it held counts any more: the page that it named can become a
 * table. */
long type_free_drops_entries(uint64_t unused)
{
    (void)unused;
    coop_paddr page = memory_frame_new(), table = memory_table_new(1);
    memory_set_writable(page, false);
    long result = memory_set(table, page | MEMORY_RW);
    memory_table_free(table);
    if (((uint64_t *)memory_at(table))[1])
        result = HOLE;
    if (!result)
        result = memory_do(COOP_MMU_TABLE_NEW, page, 1);
    if (!result)
        memory_do(COOP_MMU_TABLE_FREE, page, 0);
    memory_set_writable(page, true);
    memory_frame_free(page);
    return result;
}

/* A page that was written by the window is taken out of it without a flush, and becomes a table: the translation that
 * the CPU still holds must not write it any more. Argument: 0: cleared, 1: made read-only. */
long type_stale_page(uint64_t is_read_only)
{
    coop_paddr page = memory_frame_new();
    memory_set_writable(page, false);
    memory_set(memory_window_slot(4), page | MEMORY_RW);
    machine_probe_write(memory_window_address(4), 0);
    if (is_read_only)
        memory_set(memory_window_slot(4), page | X86_PTE_P | X86_PTE_NX);
    else
        memory_do(COOP_MMU_CLEAR, memory_window_slot(4), 1);
    long result = memory_do(COOP_MMU_TABLE_NEW, page, 1) ? HOLE : 0;
    if (machine_probe_write(memory_window_address(4), 2) != 1 + X86_VECTOR_PF)
        result = HOLE;
    memory_do(COOP_MMU_CLEAR, memory_window_slot(4), 1);
    memory_do(COOP_MMU_TABLE_FREE, page, 0);
    memory_do(COOP_MMU_FLUSH_ALL, 0, 0);
    memory_set_writable(page, true);
    memory_frame_free(page);
    return result;
}

#define STALE_ADDRESS (MEMORY_WINDOW + 6 * X86_PAGE_2M)

/* The CPU knows a way through a last table that is linked no more. */
static long type_cache_way(coop_paddr table, coop_paddr page)
{
    memory_set(table, page | X86_PTE_P | X86_PTE_NX);
    memory_set(memory_window[2] + 6 * 8, table | MEMORY_TABLE);
    long result = machine_probe_read(STALE_ADDRESS) ? HOLE : 0;
    memory_do(COOP_MMU_CLEAR, memory_window[2] + 6 * 8, 1);
    return result;
}

/* A last table is unlinked without a flush, freed, and written as a page with a forged entry: the CPU's cached way
 * through it must be gone. */
long type_stale_table(uint64_t unused)
{
    (void)unused;
    coop_paddr table = memory_table_new(1), page = memory_frame_new();
    long result = type_cache_way(table, page);
    if (memory_do(COOP_MMU_TABLE_FREE, table, 0))
        result = HOLE;
    memory_set(memory_window_slot(5), table | MEMORY_RW);
    uint64_t forged = memory_own_end() | MEMORY_TABLE;
    machine_probe_write(memory_window_address(5), forged);
    machine_probe_write(memory_window_address(5) + 8, forged);
    if (machine_probe_read(STALE_ADDRESS) != 1 + X86_VECTOR_PF ||
        machine_probe_read(STALE_ADDRESS + 4096) != 1 + X86_VECTOR_PF)
        result = HOLE;
    memory_do(COOP_MMU_CLEAR, memory_window_slot(5), 1);
    memory_do(COOP_MMU_FLUSH_ALL, 0, 0);
    memory_set_writable(table, true);
    memory_frame_free(table);
    memory_frame_free(page);
    return result;
}

/* The same for a table that becomes one of another level. */
long type_stale_level(uint64_t unused)
{
    (void)unused;
    coop_paddr table = memory_table_new(1), page = memory_frame_new();
    long result = type_cache_way(table, page);
    result |= memory_do(COOP_MMU_TABLE_FREE, table, 0) || memory_do(COOP_MMU_TABLE_NEW, table, 2) ? HOLE : 0;
    result |= memory_set(table, memory_window[1] | MEMORY_TABLE) ? HOLE : 0;
    /* As a page of the old translation, slot 0 would name a table, writable. */
    if (machine_probe_read(STALE_ADDRESS) != 1 + X86_VECTOR_PF)
        result = HOLE;
    memory_do(COOP_MMU_CLEAR, table, 1);
    memory_do(COOP_MMU_FLUSH_ALL, 0, 0);
    memory_table_free(table);
    memory_frame_free(page);
    return result;
}

/* A root that is freed while it is loaded, or kept loadable. */
long type_free_loaded_root(uint64_t unused)
{
    (void)unused;
    coop_paddr root = memory_table_new(4);
    memory_link_kernel(root);
    long loaded = hypercall(COOP_HYPERCALL_ROOT, root, memory_user_root, 0);
    long result = loaded ? HOLE : memory_do(COOP_MMU_TABLE_FREE, root, 0);
    if (hypercall(COOP_HYPERCALL_ROOT, memory_root, memory_user_root, 0))
        result = HOLE;
    memory_table_free(root);
    return result;
}

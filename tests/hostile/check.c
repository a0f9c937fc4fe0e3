/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the tables as the CPU does, after each case: every entry that is reachable names a frame of this VM, has no bit
 * that it must not have, and maps no table writable.
 */
#include "hostile.h"
#include "machine.h"
#include "memory.h"
#include <coopvirt/string.h>

#define FRAMES_MOST 32768u
#define FORBIDDEN   (X86_PTE_PWT | X86_PTE_PCD | X86_PTE_PS | 0x7ff0000000000000ul)

static uint8_t is_table[FRAMES_MOST / 8];
static const char *wrong;

/* The how-manieth frame of this VM it is. */
static unsigned check_index(coop_paddr frame)
{
    uint64_t before = 0;
    for (unsigned i = 0; i < start_info->extent_count; i++) {
        const struct coop_extent *extent = &start_info->extents[i];
        if (frame - extent->base < extent->bytes)
            return (unsigned)((before + frame - extent->base) >> 12);
        before += extent->bytes;
    }
    return FRAMES_MOST - 1;
}

static bool check_is_hypervisors(unsigned level, unsigned index)
{
    return level == 4 && index >= COOP_SLOT_FIRST && index <= COOP_SLOT_LAST;
}

static void check_mark(coop_paddr table, unsigned level)
{
    unsigned number = check_index(table);
    if (is_table[number / 8] & 1u << number % 8)
        return;
    is_table[number / 8] |= (uint8_t)(1u << number % 8);
    const uint64_t *entries = memory_at(table);
    for (unsigned i = 0; level > 1 && i < 512; i++) {
        if (!(entries[i] & X86_PTE_P) || check_is_hypervisors(level, i))
            continue;
        if (!memory_is_own(entries[i] & X86_PTE_FRAME) || entries[i] & FORBIDDEN)
            wrong = "an entry of a high level has what it must not have";
        else
            check_mark(entries[i] & X86_PTE_FRAME, level - 1);
    }
}

static void check_leaves(coop_paddr table, unsigned level)
{
    const uint64_t *entries = memory_at(table);
    for (unsigned i = 0; i < 512; i++) {
        uint64_t entry = entries[i];
        if (!(entry & X86_PTE_P) || check_is_hypervisors(level, i))
            continue;
        if (level > 1) {
            check_leaves(entry & X86_PTE_FRAME, level - 1);
            continue;
        }
        if (!memory_is_own(entry & X86_PTE_FRAME))
            wrong = "a frame is mapped that is not this VM's";
        if (entry & FORBIDDEN || (is_deprivileged && entry & X86_PTE_G))
            wrong = "an entry has a bit that it must not have";
        unsigned number = check_index(entry & X86_PTE_FRAME);
        if (entry & X86_PTE_W && is_table[number / 8] & 1u << number % 8)
            wrong = "a table is mapped writable";
    }
}

const char *memory_check(void)
{
    wrong = 0;
    if (!memory_is_direct())
        return 0;
    memset(is_table, 0, sizeof(is_table));
    check_mark(memory_root, 4);
    if (memory_user_root)
        check_mark(memory_user_root, 4);
    if (!wrong)
        check_leaves(memory_root, 4);
    return wrong;
}

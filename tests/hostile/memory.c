/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames and tables of the hostile guest, by the rules of abi.h: what the cases then break is nothing but the rule that
 * each names.
 */
#include "memory.h"
#include "hostile.h"
#include "machine.h"
#include <coopvirt/string.h>

#define WINDOW_SLOT(level) ((MEMORY_WINDOW >> (12 + 9 * ((level)-1))) & 511)
#define USER_SLOT(level)   ((MEMORY_USER >> (12 + 9 * ((level)-1))) & 511)
#define PAGE               4096ul

coop_paddr memory_root, memory_user_root, memory_window[5];
unsigned memory_done;

extern char image_start[], image_end[];
static coop_paddr free_list, user_frame;
static unsigned next_extent;
static coop_paddr next_frame;

void *memory_at(coop_paddr address)
{
    return (void *)(start_info->direct_map + address);
}

coop_paddr memory_paddr(const void *address)
{
    uint64_t linear = (uint64_t)address;
    if (linear >= (uint64_t)image_start && linear < (uint64_t)image_end)
        return start_info->image + (linear - (uint64_t)image_start);
    return linear - start_info->direct_map;
}

bool memory_is_own(coop_paddr frame)
{
    for (unsigned i = 0; i < start_info->extent_count; i++)
        if (frame - start_info->extents[i].base < start_info->extents[i].bytes)
            return true;
    return false;
}

coop_paddr memory_own_end(void)
{
    const struct coop_extent *last = &start_info->extents[start_info->extent_count - 1];
    return last->base + last->bytes;
}

coop_paddr memory_foreign(void)
{
    return memory_own_end() + 64;
}

/* By hypercall, called again as often as it comes back early. */
static long memory_call(const struct coop_mmu_operation *operations, unsigned count)
{
    static struct coop_mmu_operation copy[64] __attribute__((aligned(16)));
    unsigned done = 0;
    long result;
    do {
        memcpy(copy, operations + done, (count - done) * sizeof(*copy));
        result = hypercall(COOP_HYPERCALL_MMU_BATCH, memory_paddr(copy), count - done, 0);
        if (result >= 0)
            done += (uint32_t)result;
    } while (result > 0 && result >> 32 == COOP_EAGAIN && done < count);
    memory_done = done;
    return result < 0 ? result : -(result >> 32);
}

bool memory_is_direct(void)
{
    return start_info->features & COOP_FEATURE_DIRECT;
}

/* Where the tables are the guest's own, entries are written where they stand. */
static long memory_operate_own(const struct coop_mmu_operation *operation)
{
    if ((operation->target & 7) != COOP_MMU_SET)
        return -COOP_EINVAL;
    *(volatile uint64_t *)memory_at(operation->target & ~7ul) = operation->value;
    return 0;
}

static bool memory_is_flush(const struct coop_mmu_operation *operation)
{
    return (operation->target & 7) >= COOP_MMU_FLUSH_PAGE;
}

long memory_batch(const struct coop_mmu_operation *operations, unsigned count)
{
    long result = 0;
    while (!memory_is_direct() && !result && count && !memory_is_flush(operations)) {
        result = memory_operate_own(operations++);
        count--;
    }
    return result || !count ? result : memory_call(operations, count);
}

long memory_do(unsigned operation, uint64_t target, uint64_t value)
{
    return memory_batch(&(struct coop_mmu_operation){target | operation, value}, 1);
}

long memory_set(coop_paddr slot, uint64_t entry)
{
    return memory_do(COOP_MMU_SET, slot, entry);
}

/* What the set-up itself does must work. */
static void memory_must(long result, const char *what)
{
    if (!result)
        return;
    say("set-up: %s gave %ld", what, result);
    stop(COOP_STOP_CRASH, 0);
}

coop_paddr memory_frame_new(void)
{
    coop_paddr frame = free_list;
    if (frame) {
        free_list = *(coop_paddr *)memory_at(frame);
    } else {
        while (next_extent < start_info->extent_count) {
            const struct coop_extent *extent = &start_info->extents[next_extent];
            if (!next_frame)
                next_frame = extent->base;
            if (extent->type == COOP_EXTENT_FREE && next_frame - extent->base < extent->bytes)
                break;
            next_extent++;
            next_frame = 0;
        }
        frame = next_frame;
        next_frame += PAGE;
        memory_must(frame ? 0 : -COOP_ENOMEM, "a frame");
    }
    memset(memory_at(frame), 0, PAGE);
    return frame;
}

void memory_frame_free(coop_paddr frame)
{
    *(coop_paddr *)memory_at(frame) = free_list;
    free_list = frame;
}

uint64_t memory_entry(coop_paddr slot)
{
    return *(volatile uint64_t *)memory_at(slot);
}

coop_paddr memory_slot(uint64_t address, unsigned level)
{
    coop_paddr table = memory_root;
    for (unsigned at = 4;; at--) {
        coop_paddr slot = table + ((address >> (12 + 9 * (at - 1))) & 511) * 8;
        if (at == level)
            return slot;
        uint64_t entry = memory_entry(slot);
        if (!(entry & X86_PTE_P) || entry & X86_PTE_PS)
            return 0;
        table = entry & X86_PTE_FRAME;
    }
}

void memory_set_writable(coop_paddr frame, bool is_writable)
{
    uint64_t address = (uint64_t)memory_at(frame);
    coop_paddr slot = memory_slot(address, 1);
    uint64_t entry = memory_entry(slot);
    entry = is_writable ? entry | X86_PTE_W : entry & ~X86_PTE_W;
    struct coop_mmu_operation operations[] = {{slot | COOP_MMU_SET, entry}, {address | COOP_MMU_FLUSH_PAGE, 0}};
    memory_must(memory_batch(operations, 2), "the direct map");
}

coop_paddr memory_table_new(unsigned level)
{
    coop_paddr table = memory_frame_new();
    if (!memory_is_direct())
        return table;
    memory_set_writable(table, false);
    memory_must(memory_do(COOP_MMU_TABLE_NEW, table, level), "a table");
    return table;
}

void memory_table_free(coop_paddr table)
{
    if (memory_is_direct()) {
        memory_must(memory_do(COOP_MMU_TABLE_FREE, table, 0), "the end of a table");
        memory_set_writable(table, true);
    }
    memory_frame_free(table);
}

void memory_link_kernel(coop_paddr root)
{
    for (unsigned slot = COOP_SLOT_LAST + 1; slot < 512; slot++) {
        uint64_t entry = memory_entry(memory_root + slot * 8) & ~X86_PTE_U; /* which the hypervisor adds itself */
        if (entry)
            memory_must(memory_set(root + slot * 8, entry), "another root");
    }
}

static void memory_make_window(void)
{
    memory_window[4] = memory_root;
    for (unsigned level = 1; level <= 3; level++)
        memory_window[level] = memory_table_new(level);
    for (unsigned level = 2; level <= 4; level++)
        memory_must(memory_set(memory_window[level] + WINDOW_SLOT(level) * 8, memory_window[level - 1] | MEMORY_TABLE),
                    "the window");
}

static void memory_make_user(void)
{
    coop_paddr tables[5] = {0};
    user_frame = memory_frame_new();
    for (unsigned level = 1; level <= 3; level++)
        tables[level] = memory_table_new(level);
    memory_must(memory_set(tables[1] + USER_SLOT(1) * 8, user_frame | X86_PTE_P | X86_PTE_U), "user code");
    for (unsigned level = 2; level <= 3; level++)
        memory_must(memory_set(tables[level] + USER_SLOT(level) * 8, tables[level - 1] | MEMORY_TABLE | X86_PTE_U),
                    "user tables");
    uint64_t top = tables[3] | MEMORY_TABLE | X86_PTE_U;
    memory_must(memory_set(memory_root + USER_SLOT(4) * 8, top), "user space");
    if (!is_deprivileged || !memory_is_direct())
        return;
    memory_user_root = memory_table_new(4);
    memory_must(memory_set(memory_user_root + USER_SLOT(4) * 8, top), "user space");
    memory_must(hypercall(COOP_HYPERCALL_ROOT, memory_root, memory_user_root, 0), "the user's root");
}

/* The first tables map themselves read-only: a guest that owns its tables needs others. */
static coop_paddr memory_copy_tables(coop_paddr table, unsigned level)
{
    coop_paddr copy = memory_frame_new();
    for (unsigned i = 0; i < 512; i++) {
        uint64_t entry = memory_entry(table + i * 8);
        if (level > 1 && entry & X86_PTE_P)
            entry = memory_copy_tables(entry & X86_PTE_FRAME, level - 1) | (entry & ~X86_PTE_FRAME);
        else if (entry & X86_PTE_NX)
            entry |= X86_PTE_W;
        ((uint64_t *)memory_at(copy))[i] = entry;
    }
    return copy;
}

void memory_start(void)
{
    memory_root = start_info->root;
    if (!memory_is_direct()) {
        memory_root = memory_copy_tables(memory_root, 4);
        memory_must(hypercall(COOP_HYPERCALL_ROOT, memory_root, 0, 0), "a root of its own");
    }
    memory_make_window();
    memory_make_user();
}

void *memory_user_page(void)
{
    return memory_at(user_frame);
}

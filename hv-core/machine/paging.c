/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor's address space. The direct map takes the largest pages that hold one kind of memory: RAM is
 * cached, everything else not. Tables come from the memory map, below 4 GiB, where the boot tables reach.
 */
#include "machine/paging.h"
#include "machine/cpu_features.h"
#include "machine/cpu_private.h"
#include "machine/frame.h"
#include "machine/image.h"

#include <coopvirt/primitives.h>
#include <coopvirt/x86.h>
#include <coopvirt/x86_instructions.h>
#include <stddef.h>

#define PAGING_ENTRIES     512
#define PAGING_UNCACHED    (X86_PTE_PCD | X86_PTE_PWT)
#define PAGING_LEVELS      4
#define PAGING_STACK_BYTES (2 * CPU_STACK_BYTES) /* a stack and as much unmapped below it */
#define PAGING_MINIMUM     4                     /* GiB of direct map at least: devices live there */

static uint64_t paging_root[PAGING_ENTRIES] __attribute__((aligned(4096)));
static uint64_t paging_start_root[PAGING_ENTRIES] __attribute__((aligned(4096)));
static uint64_t paging_direct_bytes;
static uint64_t paging_nx; /* X86_PTE_NX where the CPU has it */

static unsigned paging_index(uint64_t address, unsigned level)
{
    return address >> (X86_PAGE_SHIFT + 9 * (level - 1)) & (PAGING_ENTRIES - 1);
}

/* The entry for an address at a level (1 = 4 KiB, 2 = 2 MiB, 3 = 1 GiB), tables above it made as needed. */
static uint64_t *paging_entry(uint64_t *table, struct memory_map *map, uint64_t address, unsigned level)
{
    for (unsigned at = PAGING_LEVELS; at > level; at--) {
        uint64_t *entry = &table[paging_index(address, at)];
        if (!(*entry & X86_PTE_P)) {
            coop_paddr made = memory_map_take(map, X86_PAGE_BYTES, X86_PAGE_BYTES, IMAGE_BOOT_SPAN);
            if (made == UINT64_MAX)
                return NULL;
            page_clear(frame_address(made));
            *entry = made | X86_PTE_P | X86_PTE_W;
        }
        table = frame_address(*entry & X86_PTE_FRAME);
    }
    return &table[paging_index(address, level)];
}

static bool paging_set(uint64_t *root, struct memory_map *map, uint64_t address, unsigned level, uint64_t value)
{
    uint64_t *entry = paging_entry(root, map, address, level);

    if (entry)
        *entry = value | X86_PTE_P | X86_PTE_A | X86_PTE_D | (level > 1 ? X86_PTE_PS : 0);
    return entry;
}

static bool paging_map_image_part(struct memory_map *map, const uint8_t *from, const uint8_t *to, uint64_t bits)
{
    for (; from < to; from += X86_PAGE_BYTES)
        if (!paging_set(paging_root, map, (uint64_t)from, 1, image_physical(from) | X86_PTE_G | bits))
            return false;
    return true;
}

static bool paging_map_image(struct memory_map *map)
{
    return paging_map_image_part(map, image_text_start, image_text_end, 0) &&
           paging_map_image_part(map, image_text_end, image_rodata_end, paging_nx) &&
           paging_map_image_part(map, image_rodata_end, boot_stack_guard, paging_nx | X86_PTE_W) &&
           paging_map_image_part(map, boot_stack, image_end, paging_nx | X86_PTE_W);
}

/* Makes the tables for all stacks now, so that mapping one needs no memory. */
static bool paging_prepare_stacks(struct memory_map *map)
{
    for (uint64_t at = 0; at < CPU_LIMIT * PAGING_STACK_BYTES; at += X86_PAGE_2M)
        if (!paging_entry(paging_root, map, IMAGE_STACKS + at, 1))
            return false;
    return true;
}

uint64_t paging_map_stack(unsigned index, coop_paddr frames)
{
    uint64_t top = IMAGE_STACKS + (index + 1ul) * PAGING_STACK_BYTES;

    for (uint64_t at = 0; at < CPU_STACK_BYTES; at += X86_PAGE_BYTES)
        paging_set(paging_root, NULL, top - CPU_STACK_BYTES + at, 1, (frames + at) | X86_PTE_W | X86_PTE_G | paging_nx);
    return top;
}

static bool paging_map_gib(struct memory_map *map, coop_paddr start)
{
    uint64_t bits = X86_PTE_W | X86_PTE_G | paging_nx, address = IMAGE_DIRECT + start;
    bool any = memory_map_any_usable(map, start, start + X86_PAGE_1G);

    if (cpu_features()->page_1g && (!any || memory_map_all_usable(map, start, start + X86_PAGE_1G)))
        return paging_set(paging_root, map, address, 3, start | bits | (any ? 0 : PAGING_UNCACHED));
    for (coop_paddr at = start; at < start + X86_PAGE_1G; at += X86_PAGE_2M, address += X86_PAGE_2M) {
        uint64_t cache = memory_map_any_usable(map, at, at + X86_PAGE_2M) ? 0 : PAGING_UNCACHED;
        if (!paging_set(paging_root, map, address, 2, at | bits | cache))
            return false;
    }
    return true;
}

bool paging_start(struct memory_map *map, coop_paddr low_page)
{
    uint64_t count = (memory_map_top(map) + X86_PAGE_1G - 1) / X86_PAGE_1G;

    paging_nx = cpu_features()->nx ? X86_PTE_NX : 0;
    if (count < PAGING_MINIMUM)
        count = PAGING_MINIMUM;
    paging_direct_bytes = count * X86_PAGE_1G;
    for (uint64_t i = 0; i < count; i++)
        if (!paging_map_gib(map, i * X86_PAGE_1G))
            return false;
    if (!paging_map_image(map) || !paging_prepare_stacks(map))
        return false;
    for (unsigned i = 0; i < PAGING_ENTRIES; i++)
        paging_start_root[i] = paging_root[i];
    if (!paging_set(paging_start_root, map, low_page, 1, low_page | X86_PTE_W))
        return false;
    paging_load();
    return true;
}

uint64_t paging_direct_map_bytes(void)
{
    return paging_direct_bytes;
}

coop_paddr paging_root_address(void)
{
    return image_physical(paging_root);
}

coop_paddr paging_start_root_address(void)
{
    return image_physical(paging_start_root);
}

void paging_load(void)
{
    x86_write_cr3(paging_root_address());
}

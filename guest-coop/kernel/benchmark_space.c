/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Birth, use and death of an address space by the very steps of fork and exit, without a process around them.
 */
#include "kernel/benchmark_space.h"
#include "kernel/cpu.h"
#include "kernel/panic.h"
#include "memory/frame.h"
#include "memory/page_table.h"
#include "pv/pv.h"

#define SPACE_BASE   0x400000ul
#define SPACE_TABLES 4u
#define TABLE_PAGES  16u
#define SPACE_END    (1ul << 47)

static coop_paddr space_frame;

void benchmark_space_start(coop_paddr frame)
{
    space_frame = frame;
}

static coop_paddr benchmark_space_build(void)
{
    coop_paddr root = page_table_root_create();
    if (!root)
        panic("out of memory for a measured address space");
    struct page_table_path path;
    page_table_path_start(&path, root);
    for (uint64_t table = 0; table < SPACE_TABLES; table++) {
        uint64_t *slot = page_table_path_make(&path, SPACE_BASE + table * X86_PAGE_2M);
        if (!slot)
            panic("out of memory for a measured address space");
        for (unsigned page = 0; page < TABLE_PAGES; page++) {
            frame_reference(space_frame);
            page_set(&slot[page], page_entry(space_frame, PAGE_USER | X86_PTE_W | X86_PTE_NX));
        }
    }
    return root;
}

static void benchmark_space_run(void)
{
    for (uint64_t table = 0; table < SPACE_TABLES; table++)
        for (uint64_t page = 0; page < TABLE_PAGES; page++)
            (void)*(volatile uint64_t *)(SPACE_BASE + table * X86_PAGE_2M + page * X86_PAGE_BYTES);
}

void benchmark_space_round(void)
{
    struct page_gather gather;
    gather.count = 0;
    gather.flush = false;
    pv_batch_begin();
    coop_paddr root = benchmark_space_build();
    pv.mmu.root_load(root);
    pv_batch_end();
    benchmark_space_run();
    pv_batch_begin();
    pv.mmu.root_load(cpu_this()->root);
    for (uint64_t table = 0; table < SPACE_TABLES; table++) {
        uint64_t start = SPACE_BASE + table * X86_PAGE_2M, next = start + X86_PAGE_2M;
        page_table_clear(root, start, start + TABLE_PAGES * X86_PAGE_BYTES, 0,
                         table + 1 < SPACE_TABLES ? next : SPACE_END, &gather);
    }
    page_gather_finish(&gather);
    page_table_root_destroy(root);
    pv_batch_end();
}

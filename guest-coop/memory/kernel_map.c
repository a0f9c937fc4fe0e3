/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's half: built once at boot with final permissions (or found so, after a direct entry); afterwards only
 * device and stack windows grow.
 * Some stacks are kept mapped when freed and handed out again, so that a fork changes no kernel entry.
 */
#include "memory/kernel_map.h"
#include "kernel/panic.h"
#include "memory/frame_internal.h"
#include "memory/layout.h"
#include "memory/page_table.h"
#include <coopvirt/spinlock.h>

#define STACKS_KEPT 64
#define STACK_HOLES 1024

/* guest-coop.lds */
extern const uint8_t kernel_text_start[], kernel_text_end[], kernel_rodata_end[], kernel_end[], boot_image_start[];

coop_paddr kernel_root;
static coop_paddr kernel_image; /* where the image lies */
static bool kernel_pages_1g;

/* under window_lock */
static struct spinlock window_lock;
static uint64_t device_next = DEVICE_WINDOW_BASE;
static uint64_t stack_next = STACK_WINDOW_BASE;
static uint64_t stack_free_list; /* each free stack's first word holds the next one */
static unsigned stack_free_count;
static uint64_t stack_holes[STACK_HOLES]; /* addresses of stacks that were unmapped again */
static unsigned stack_hole_count;

static void kernel_map_range(uint64_t address, coop_paddr frame, uint64_t bytes, uint64_t flags)
{
    if (!page_table_map_range(kernel_root, address, frame, bytes, flags, kernel_pages_1g))
        panic("out of memory for the kernel's page tables");
}

static void kernel_map_section(const uint8_t *start, const uint8_t *end, uint64_t flags)
{
    uint64_t address = (uint64_t)start;
    uint64_t offset = address - KERNEL_BASE - (uint64_t)boot_image_start;
    kernel_map_range(address, kernel_image + offset, (uint64_t)(end - start), flags);
}

/* The slot of the stack window must exist before the first address space copies it. */
static void kernel_map_stacks(void)
{
    if (!page_table_make(kernel_root, STACK_WINDOW_BASE))
        panic("out of memory for the kernel's page tables");
}

void kernel_map_keep(coop_paddr root)
{
    kernel_root = root;
    kernel_map_stacks();
}

void kernel_map_start(const struct boot_information *information, coop_paddr image)
{
    struct x86_cpuid features = pv.cpu.cpuid(0x80000001, 0);
    kernel_pages_1g = features.edx & (1u << 26);
    kernel_image = image;
    kernel_root = pv.mmu.table_born(4);
    if (!kernel_root)
        panic("out of memory for the kernel's page tables");
    for (unsigned i = 0; i < information->memory_count; i++) {
        uint64_t start = information->memory[i].base & ~(X86_PAGE_BYTES - 1);
        uint64_t end =
            (information->memory[i].base + information->memory[i].bytes + X86_PAGE_BYTES - 1) & ~(X86_PAGE_BYTES - 1);
        if (end > DIRECT_MAP_BYTES)
            panic("memory beyond the direct map");
        kernel_map_range(DIRECT_MAP_BASE + start, start, end - start, PAGE_KERNEL_RW);
    }
    kernel_map_section(kernel_text_start, kernel_text_end, PAGE_KERNEL);
    kernel_map_section(kernel_text_end, kernel_rodata_end, PAGE_KERNEL | X86_PTE_NX);
    kernel_map_section(kernel_rodata_end, kernel_end, PAGE_KERNEL_RW);
    kernel_map_stacks();
    pv.mmu.root_load(kernel_root);
    frame_all_mapped();
}

volatile void *kernel_map_device(coop_paddr address, uint64_t bytes)
{
    const uint64_t flags = PAGE_KERNEL_RW | X86_PTE_PCD | X86_PTE_PWT;
    uint64_t offset = address & (X86_PAGE_BYTES - 1);
    uint64_t span = (offset + bytes + X86_PAGE_BYTES - 1) & ~(X86_PAGE_BYTES - 1);
    spinlock_take(&window_lock);
    uint64_t window = device_next;
    device_next += span;
    /* Never by large pages: neighbours may be of another memory type. */
    bool mapped = true;
    for (uint64_t done = 0; done < span && mapped; done += X86_PAGE_BYTES)
        mapped =
            page_table_map_range(kernel_root, window + done, address - offset + done, X86_PAGE_BYTES, flags, false);
    spinlock_release(&window_lock);
    if (!mapped)
        panic("out of memory for a device's registers");
    return (volatile void *)(window + offset);
}

/* Maps a stack above its guard page; what was mapped before memory ran out stays for the next try. */
static bool kernel_stack_map(uint64_t stack)
{
    struct page_table_path path;
    page_table_path_start(&path, kernel_root);
    for (uint64_t page = stack; page < stack + KERNEL_STACK_BYTES; page += X86_PAGE_BYTES) {
        uint64_t *slot = page_table_path_make(&path, page);
        if (!slot)
            return false;
        if (page_present(*slot))
            continue;
        coop_paddr frame = frame_allocate();
        if (!frame)
            return false;
        page_set(slot, page_entry(frame, PAGE_KERNEL_RW));
    }
    return true;
}

static void kernel_stack_unmap(uint64_t stack)
{
    pv_batch_begin();
    for (uint64_t page = stack; page < stack + KERNEL_STACK_BYTES; page += X86_PAGE_BYTES) {
        uint64_t *slot = page_table_find(kernel_root, page);
        coop_paddr frame = page_frame(*slot);
        page_set(slot, 0);
        pv.mmu.flush_page(page);
        frame_release(frame);
    }
    pv_batch_end();
}

static uint64_t kernel_stack_create(void)
{
    uint64_t stack = stack_hole_count ? stack_holes[stack_hole_count - 1] : stack_next + X86_PAGE_BYTES;
    pv_batch_begin();
    bool mapped = kernel_stack_map(stack);
    pv_batch_end();
    if (!mapped)
        return 0;
    if (stack_hole_count)
        stack_hole_count--;
    else
        stack_next = stack + KERNEL_STACK_BYTES;
    return stack;
}

uint64_t kernel_stack_allocate(void)
{
    spinlock_take(&window_lock);
    uint64_t stack = stack_free_list;
    if (stack) {
        stack_free_list = *(uint64_t *)stack;
        stack_free_count--;
    } else {
        stack = kernel_stack_create();
    }
    spinlock_release(&window_lock);
    return stack;
}

void kernel_stack_free(uint64_t stack)
{
    spinlock_take(&window_lock);
    if (stack_free_count >= STACKS_KEPT && stack_hole_count < STACK_HOLES) {
        kernel_stack_unmap(stack);
        stack_holes[stack_hole_count++] = stack;
    } else {
        *(uint64_t *)stack = stack_free_list;
        stack_free_list = stack;
        stack_free_count++;
    }
    spinlock_release(&window_lock);
}

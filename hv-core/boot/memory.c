/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Order matters here: everything that is in use already (the image, boot modules wherever the loader put them, the
 * modules' strings) is reserved before the first page is taken.
 */
#include "boot/memory.h"
#include "machine/boot_info.h"
#include "machine/cpu_features.h"
#include "machine/frame.h"
#include "machine/frame_start.h"
#include "machine/image.h"
#include "machine/log.h"
#include "machine/paging.h"
#include "machine/panic.h"

#include <coopvirt/acpi.h>
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

#define MEMORY_LOW_END   0x100000ul /* below: BIOS data, EBDA, ROMs; never given out */
#define MEMORY_LOW_LIMIT 0xa0000ul  /* where a start page may lie */

static struct memory_map memory_map;
static coop_paddr memory_start_page;

coop_paddr memory_low_page(void)
{
    return memory_start_page;
}

void memory_use_boot_map(void)
{
    frame_set_direct_map((void *)IMAGE_DIRECT);
}

static void memory_reserve(coop_paddr start, uint64_t bytes)
{
    if (!memory_map_reserve(&memory_map, start, bytes))
        machine_end(false, "the memory map has too many holes");
}

static void memory_read_extents(const struct boot_info *info)
{
    for (unsigned i = 0; i < info->extent_count; i++) {
        const struct boot_extent *extent = &info->extents[i];
        if (!extent->usable)
            memory_reserve(extent->start, extent->bytes);
        else if (!memory_map_add_usable(&memory_map, extent->start, extent->bytes))
            machine_end(false, "the memory map has too many extents");
        log_debug("memory %012lx-%012lx %s", (unsigned long)extent->start,
                  (unsigned long)(extent->start + extent->bytes - 1), extent->usable ? "usable" : "reserved");
    }
}

static void memory_reserve_used(const struct boot_info *info)
{
    memory_reserve(image_physical(image_start), (uint64_t)(image_end - image_start));
    if (info->rsdp)
        memory_reserve(info->rsdp, sizeof(struct acpi_rsdp));
    for (unsigned i = 0; i < info->module_count; i++) {
        const struct boot_module *module = &info->modules[i];
        memory_reserve(module->start, module->bytes);
        if ((uint64_t)module->words >= IMAGE_DIRECT)
            memory_reserve(frame_of_address(module->words), strlen(module->words) + 1);
        log_debug("module %012lx, %lu bytes: %s", (unsigned long)module->start, (unsigned long)module->bytes,
                  module->words);
    }
}

void memory_start(void)
{
    const struct boot_info *info = boot_info();

    memory_read_extents(info);
    memory_reserve_used(info);
    memory_reserve(0, X86_PAGE_BYTES);
    memory_start_page = memory_map_take(&memory_map, X86_PAGE_BYTES, X86_PAGE_BYTES, MEMORY_LOW_LIMIT);
    memory_reserve(0, MEMORY_LOW_END);
    if (!paging_start(&memory_map, memory_start_page))
        machine_end(false, "no memory for page tables");
    if (!frame_start(&memory_map))
        machine_end(false, "no memory for the frame table");
    log_info("memory: %lu MiB free, physical addresses of %u bits",
             (unsigned long)(frame_count_of(FRAME_OWNER_NOBODY) * X86_PAGE_BYTES >> 20), cpu_features()->physical_bits);
}

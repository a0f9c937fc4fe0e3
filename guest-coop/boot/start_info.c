/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The start information of a direct entry (coopvirt/abi.h). Extents are machine memory: several, anywhere, sorted. The
 * hypervisor is trusted by its guest, but versions differ: what does not make sense is said, not used.
 */
#include "boot/start_info.h"
#include <coopvirt/string.h>
#include <stdbool.h>

#define FRAME_MASK 4095ul

static bool start_info_inside(const struct boot_information *information, coop_paddr base, uint64_t bytes)
{
    for (unsigned i = 0; i < information->memory_count; i++) {
        uint64_t first = information->memory[i].base & ~FRAME_MASK;
        uint64_t end = (information->memory[i].base + information->memory[i].bytes + FRAME_MASK) & ~FRAME_MASK;
        if (base >= first && base < end && bytes <= end - base)
            return true;
    }
    return false;
}

static void start_info_read_extents(const struct coop_start_info *info, struct boot_information *information)
{
    coop_paddr end = 0;
    for (uint32_t i = 0; i < info->extent_count; i++) {
        const struct coop_extent *extent = &info->extents[i];
        if (extent->base < end || extent->base + extent->bytes < extent->base ||
            ((extent->base | extent->bytes) & FRAME_MASK)) {
            information->error = "start-info: extents that are no frames, or not in order";
            return;
        }
        end = extent->base + extent->bytes;
        boot_information_add(information, information->memory, &information->memory_count, extent->base, extent->bytes);
        if (extent->type != COOP_EXTENT_FREE)
            boot_information_add(information, information->reserved, &information->reserved_count, extent->base,
                                 extent->bytes);
    }
}

static void start_info_read_module(const uint8_t *window, const struct coop_module *module,
                                   struct boot_information *information)
{
    char role[16] = "";
    if (module->base + module->bytes < module->base) {
        information->error = "start-info: a module ends before it begins";
        return;
    }
    if (module->words)
        string_option((const char *)window + module->words, "role", role, sizeof(role));
    if (strcmp(role, "initrd") == 0) {
        information->initrd.base = module->base;
        information->initrd.bytes = module->bytes;
    }
}

void boot_start_info_read(const uint8_t *window, const struct coop_start_info *info,
                          struct boot_information *information)
{
    if (info->version >> 16 != COOP_ABI_VERSION >> 16 || info->size < sizeof(*info)) {
        information->error = "start-info of another version";
        return;
    }
    if (info->extent_count > COOP_EXTENTS || info->module_count > COOP_MODULES) {
        information->error = "start-info: more extents or modules than there is room for";
        return;
    }
    start_info_read_extents(info, information);
    for (uint32_t i = 0; i < info->module_count; i++)
        start_info_read_module(window, &info->modules[i], information);
    if (info->command_line)
        string_copy(information->command_line, (const char *)window + info->command_line, BOOT_COMMAND_LINE_BYTES);
}

static void start_info_keep_pages(struct boot_information *information, coop_paddr base, uint64_t pages)
{
    if (!base)
        return;
    base &= ~FRAME_MASK;
    if (!start_info_inside(information, base, pages * (FRAME_MASK + 1)))
        boot_information_add(information, information->memory, &information->memory_count, base,
                             pages * (FRAME_MASK + 1));
    boot_information_add(information, information->reserved, &information->reserved_count, base,
                         pages * (FRAME_MASK + 1));
}

void boot_start_info_keep(const uint8_t *window, const struct coop_start_info *info,
                          struct boot_information *information)
{
    start_info_keep_pages(information, (coop_paddr)((const uint8_t *)info - window), 1);
    start_info_keep_pages(information, info->hypercall_page, 1);
    start_info_keep_pages(information, info->vcpu, info->vcpus);
}

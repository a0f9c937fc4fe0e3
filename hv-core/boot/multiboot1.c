/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multiboot 1 information (QEMU's -kernel, GRUB's `multiboot`) into boot_info. Everything the loader says is checked
 * against the window; a broken module list is an error, since booting without a module only fails later.
 */
#include "boot/multiboot1.h"
#include "boot/boot_info_add.h"

#include <coopvirt/multiboot.h>
#include <coopvirt/string.h>
#include <stddef.h>

static const char *multiboot1_read_map(const struct physical_window *window, const struct multiboot_info *multiboot,
                                       struct boot_info *info)
{
    uint64_t position = multiboot->mmap_addr, end = position + multiboot->mmap_length;

    while (position + sizeof(struct multiboot_mmap_entry) <= end) {
        const struct multiboot_mmap_entry *entry = physical_window_read(window, position, sizeof(*entry));
        if (!entry)
            return "the Multiboot memory map is out of reach";
        if (entry->size < sizeof(*entry) - sizeof(entry->size))
            return "an entry of the Multiboot memory map is too short";
        boot_info_add_extent(info, entry->base, entry->length, entry->type == MULTIBOOT_MEMORY_AVAILABLE);
        position += (uint64_t)entry->size + sizeof(entry->size);
    }
    return NULL;
}

static const char *multiboot1_read_modules(const struct physical_window *window, const struct multiboot_info *multiboot,
                                           struct boot_info *info)
{
    if (multiboot->mods_count > BOOT_INFO_MODULES)
        return "too many boot modules";
    for (uint32_t i = 0; i < multiboot->mods_count; i++) {
        const struct multiboot_module *module =
            physical_window_read(window, multiboot->mods_addr + (uint64_t)i * sizeof(*module), sizeof(*module));
        if (!module)
            return "the Multiboot module list is out of reach";
        const char *words =
            module->cmdline ? physical_window_string(window, module->cmdline, BOOT_INFO_COMMAND_LINE_BYTES) : "";
        const char *error = boot_info_add_module(info, window, module->start, module->end, words);
        if (error)
            return error;
    }
    return NULL;
}

const char *multiboot1_read(const struct physical_window *window, coop_paddr address, struct boot_info *info)
{
    const struct multiboot_info *multiboot = physical_window_read(window, address, sizeof(*multiboot));
    const char *error = NULL;

    if (!multiboot)
        return "the Multiboot information is out of reach";
    if (!(multiboot->flags & MULTIBOOT_INFO_MEMORY_MAP))
        return "the boot loader gives no memory map";
    if (multiboot->flags & MULTIBOOT_INFO_CMDLINE) {
        const char *line = physical_window_string(window, multiboot->cmdline, BOOT_INFO_COMMAND_LINE_BYTES);
        if (!line)
            return "the command line is too long or out of reach";
        string_copy(info->command_line, line, sizeof(info->command_line));
    }
    error = multiboot1_read_map(window, multiboot, info);
    if (!error && (multiboot->flags & MULTIBOOT_INFO_MODULES))
        error = multiboot1_read_modules(window, multiboot, info);
    return error;
}

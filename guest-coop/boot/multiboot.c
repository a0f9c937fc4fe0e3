/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multiboot 1 information (coopvirt/multiboot.h): memory map, modules by their role= word, command line.
 * All of it may lie anywhere below 4 GiB, so everything that is kept is copied or reserved.
 */
#include "boot/multiboot.h"
#include <coopvirt/multiboot.h>
#include <coopvirt/string.h>

#define MODULES_MOST 16

static void multiboot_read_memory(const uint8_t *window, const struct multiboot_info *info,
                                  struct boot_information *information)
{
    if (!(info->flags & MULTIBOOT_INFO_MEMORY_MAP)) {
        boot_information_add(information, information->memory, &information->memory_count, 0x100000,
                             (uint64_t)info->mem_upper * 1024);
        return;
    }
    uint32_t offset = 0;
    while (offset + sizeof(struct multiboot_mmap_entry) <= info->mmap_length) {
        struct multiboot_mmap_entry entry;
        memcpy(&entry, window + info->mmap_addr + offset, sizeof(entry));
        if (entry.size < sizeof(entry) - sizeof(entry.size) || entry.size > info->mmap_length) {
            information->error = "broken Multiboot memory map";
            return;
        }
        if (entry.type == MULTIBOOT_MEMORY_AVAILABLE)
            boot_information_add(information, information->memory, &information->memory_count, entry.base,
                                 entry.length);
        offset += entry.size + sizeof(entry.size);
    }
}

static void multiboot_read_module(const uint8_t *window, const struct multiboot_module *module,
                                  struct boot_information *information)
{
    char role[16] = "";
    if (module->end < module->start) {
        information->error = "Multiboot module ends before it begins";
        return;
    }
    uint64_t bytes = module->end - module->start;
    boot_information_add(information, information->reserved, &information->reserved_count, module->start, bytes);
    if (module->cmdline)
        string_option((const char *)window + module->cmdline, "role", role, sizeof(role));
    if (strcmp(role, "initrd") == 0) {
        information->initrd.base = module->start;
        information->initrd.bytes = bytes;
    }
}

void boot_multiboot_read(const uint8_t *window, uint32_t magic, uint32_t address, struct boot_information *information)
{
    struct multiboot_info info;
    if (magic != MULTIBOOT_BOOT_MAGIC) {
        information->error = "not started by a Multiboot loader";
        return;
    }
    memcpy(&info, window + address, sizeof(info));
    multiboot_read_memory(window, &info, information);
    if (info.flags & MULTIBOOT_INFO_CMDLINE)
        string_copy(information->command_line, (const char *)window + info.cmdline, BOOT_COMMAND_LINE_BYTES);
    if (!(info.flags & MULTIBOOT_INFO_MODULES))
        return;
    if (info.mods_count > MODULES_MOST) {
        information->error = "too many Multiboot modules";
        return;
    }
    for (uint32_t i = 0; i < info.mods_count; i++) {
        struct multiboot_module module;
        memcpy(&module, window + info.mods_addr + i * sizeof(module), sizeof(module));
        multiboot_read_module(window, &module, information);
    }
}

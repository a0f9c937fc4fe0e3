/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multiboot 2 information (GRUB's `multiboot2`, the only way in under UEFI) into boot_info: a list of tags, each
 * checked against the list's end.
 */
#include "boot/multiboot2.h"
#include "boot/boot_info_add.h"

#include <coopvirt/multiboot.h>
#include <coopvirt/multiboot2.h>
#include <coopvirt/string.h>
#include <stddef.h>

#define MULTIBOOT2_ALIGNMENT 8

/* The string behind the first `offset` bytes of a tag, or NULL when it is not terminated inside. */
static const char *multiboot2_string(const struct multiboot2_tag *tag, uint32_t offset)
{
    const char *string = (const char *)tag + offset;

    if (tag->size < offset || strnlen(string, tag->size - offset) == tag->size - offset)
        return NULL;
    return string;
}

static const char *multiboot2_read_command_line(const struct multiboot2_tag *tag, struct boot_info *info)
{
    const char *line = multiboot2_string(tag, sizeof(*tag));

    if (!line || string_copy(info->command_line, line, sizeof(info->command_line)) >= sizeof(info->command_line))
        return "the command line is too long or out of reach";
    return NULL;
}

static const char *multiboot2_read_module(const struct physical_window *window, const struct multiboot2_tag *tag,
                                          struct boot_info *info)
{
    const struct multiboot2_module *module = (const void *)tag;

    if (tag->size < sizeof(*module))
        return "a Multiboot 2 module tag is too short";
    return boot_info_add_module(info, window, module->start, module->end, multiboot2_string(tag, sizeof(*module)));
}

static const char *multiboot2_read_map(const struct multiboot2_tag *tag, struct boot_info *info)
{
    const struct multiboot2_memory_map *map = (const void *)tag;

    if (tag->size < sizeof(*map) || map->entry_size < sizeof(struct multiboot2_memory_entry) ||
        map->entry_size % MULTIBOOT2_ALIGNMENT)
        return "the Multiboot 2 memory map is malformed";
    for (uint64_t at = sizeof(*map); at + map->entry_size <= tag->size; at += map->entry_size) {
        const struct multiboot2_memory_entry *entry = (const void *)((const uint8_t *)tag + at);
        boot_info_add_extent(info, entry->base, entry->length, entry->type == MULTIBOOT_MEMORY_AVAILABLE);
    }
    return NULL;
}

static const char *multiboot2_read_tag(const struct physical_window *window, coop_paddr address,
                                       const struct multiboot2_tag *tag, struct boot_info *info)
{
    switch (tag->type) {
    case MULTIBOOT2_TAG_COMMAND_LINE:
        return multiboot2_read_command_line(tag, info);
    case MULTIBOOT2_TAG_MODULE:
        return multiboot2_read_module(window, tag, info);
    case MULTIBOOT2_TAG_MEMORY_MAP:
        return multiboot2_read_map(tag, info);
    case MULTIBOOT2_TAG_RSDP_OLD:
        if (!info->rsdp)
            info->rsdp = address + sizeof(*tag);
        return NULL;
    case MULTIBOOT2_TAG_RSDP_NEW:
        info->rsdp = address + sizeof(*tag);
        return NULL;
    default:
        return NULL;
    }
}

const char *multiboot2_read(const struct physical_window *window, coop_paddr address, struct boot_info *info)
{
    const struct multiboot2_info *header = physical_window_read(window, address, sizeof(*header));

    if (!header || address % MULTIBOOT2_ALIGNMENT || !physical_window_read(window, address, header->total_size))
        return "the Multiboot 2 information is out of reach";
    coop_paddr at = address + sizeof(*header), end = address + header->total_size;
    while (at + sizeof(struct multiboot2_tag) <= end) {
        const struct multiboot2_tag *tag = physical_window_read(window, at, sizeof(*tag));
        if (tag->type == MULTIBOOT2_TAG_END)
            return info->extent_count ? NULL : "the boot loader gives no memory map";
        if (tag->size < sizeof(*tag) || tag->size > end - at)
            return "a Multiboot 2 tag has a wrong size";
        const char *error = multiboot2_read_tag(window, at, tag, info);
        if (error)
            return error;
        at += ((uint64_t)tag->size + MULTIBOOT2_ALIGNMENT - 1) & ~(uint64_t)(MULTIBOOT2_ALIGNMENT - 1);
    }
    return "the Multiboot 2 information has no end";
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Adding extents and modules to boot_info, for both Multiboot readers.
 */
#include "boot/boot_info_add.h"

#include <stddef.h>

void boot_info_add_extent(struct boot_info *info, coop_paddr start, uint64_t bytes, bool usable)
{
    if (!bytes || start > UINT64_MAX - bytes)
        return;
    if (info->extent_count) {
        struct boot_extent *last = &info->extents[info->extent_count - 1];
        if (last->usable == usable && last->start + last->bytes == start) {
            last->bytes += bytes;
            return;
        }
    }
    if (info->extent_count < BOOT_INFO_EXTENTS)
        info->extents[info->extent_count++] = (struct boot_extent){start, bytes, usable};
}

const char *boot_info_add_module(struct boot_info *info, const struct physical_window *window, coop_paddr start,
                                 coop_paddr end, const char *words)
{
    if (info->module_count == BOOT_INFO_MODULES)
        return "too many boot modules";
    if (end < start || !physical_window_read(window, start, end - start))
        return "a boot module is out of reach";
    if (!words)
        return "the string of a boot module is too long or out of reach";
    info->modules[info->module_count++] = (struct boot_module){start, end - start, words};
    return NULL;
}

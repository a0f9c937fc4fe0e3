/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the Multiboot readers share: adding one extent or one module to boot_info, checked. Pure.
 */
#ifndef BOOT_BOOT_INFO_ADD_H
#define BOOT_BOOT_INFO_ADD_H

#include "machine/boot_info.h"
#include "machine/physical_window.h"

/* Adds an extent of the memory map; one that goes on where the last one ended is merged with it. When the table
 * is full, it is left out (and so never used). */
void boot_info_add_extent(struct boot_info *info, coop_paddr start, uint64_t bytes, bool usable);

/* Adds the module in [start, end). NULL, or what is wrong with it; `words` NULL means an unterminated string. */
const char *boot_info_add_module(struct boot_info *info, const struct physical_window *window, coop_paddr start,
                                 coop_paddr end, const char *words);

#endif

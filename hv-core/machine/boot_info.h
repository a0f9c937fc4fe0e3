/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the boot loader told us, in one neutral form: Multiboot 1 and Multiboot 2 both end here.
 * Constant after start.
 */
#ifndef MACHINE_BOOT_INFO_H
#define MACHINE_BOOT_INFO_H

#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stdint.h>

#define BOOT_INFO_MODULES            16
#define BOOT_INFO_EXTENTS            128
#define BOOT_INFO_COMMAND_LINE_BYTES 4096

struct boot_module {
    coop_paddr start;
    uint64_t bytes;
    const char *words; /* the module's string, mapped, terminated */
};

struct boot_extent {
    coop_paddr start;
    uint64_t bytes;
    bool usable;
};

struct boot_info {
    char command_line[BOOT_INFO_COMMAND_LINE_BYTES];
    struct boot_extent extents[BOOT_INFO_EXTENTS];
    unsigned extent_count;
    struct boot_module modules[BOOT_INFO_MODULES];
    unsigned module_count;
    coop_paddr rsdp; /* 0 when the loader gave none */
};

/* The one instance, filled before hv_main's first other call. */
const struct boot_info *boot_info(void);

#endif

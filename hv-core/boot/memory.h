/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the boot loader's memory map to hv-core's own page tables and the frame allocator.
 */
#ifndef BOOT_MEMORY_H
#define BOOT_MEMORY_H

#include <coopvirt/abi.h>

/* The direct map of the boot page tables: usable from the first line on. */
void memory_use_boot_map(void);

void memory_start(void);

/* The page below 1 MiB where further CPUs start. */
coop_paddr memory_low_page(void);

#endif

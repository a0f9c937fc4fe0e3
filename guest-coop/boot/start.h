/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's first C function, common to all entries, and what it was told.
 */
#ifndef BOOT_START_H
#define BOOT_START_H

#include <coopvirt/abi.h>
#include <stdint.h>

/* `magic` of the direct entry. */
#define START_DIRECT 0x706f6f43u

/*
 * Called on the boot stack with interrupts off; `image` is where the image lies. By boot/entry.asm with Multiboot's
 * magic and the physical address of its information, or by boot/entry_direct.asm with START_DIRECT and the address of
 * struct coop_start_info.
 */
__attribute__((noreturn)) void kernel_start(uint32_t magic, uint64_t information, coop_paddr image);

/* For /proc/cmdline. */
const char *kernel_command_line(void);

#endif

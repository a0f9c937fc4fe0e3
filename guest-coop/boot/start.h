/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's first C function, common to all entries, and what it was told.
 */
#ifndef BOOT_START_H
#define BOOT_START_H

#include <coopvirt/abi.h>
#include <stdint.h>

/* Called by boot/entry.asm on the boot stack with interrupts off; `image` is where the image lies. */
__attribute__((noreturn)) void kernel_start(uint32_t magic, uint32_t information, coop_paddr image);

/* For /proc/cmdline. */
const char *kernel_command_line(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads what a Multiboot 1 loader left into the neutral start information.
 */
#ifndef BOOT_MULTIBOOT_H
#define BOOT_MULTIBOOT_H

#include "boot/information.h"

/*
 * `window` is where physical address 0 is mapped (4 GiB of it). The caller adds the extent of its own image.
 * On failure information->error says why.
 */
void boot_multiboot_read(const uint8_t *window, uint32_t magic, uint32_t address, struct boot_information *information);

#endif

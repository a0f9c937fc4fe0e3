/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads Multiboot 1 information into the neutral boot_info. Pure.
 */
#ifndef BOOT_MULTIBOOT1_H
#define BOOT_MULTIBOOT1_H

#include "machine/boot_info.h"
#include "machine/physical_window.h"

/* Fills `info`, which is zero before. NULL, or what is wrong with the loader's data. */
const char *multiboot1_read(const struct physical_window *window, coop_paddr address, struct boot_info *info);

#endif

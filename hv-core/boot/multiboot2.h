/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads Multiboot 2 information into the neutral boot_info. Pure.
 */
#ifndef BOOT_MULTIBOOT2_H
#define BOOT_MULTIBOOT2_H

#include "machine/boot_info.h"
#include "machine/physical_window.h"

/* Fills `info`, which is zero before; module strings and the RSDP stay where they are, inside the information. NULL, or
 * what is wrong with the loader's data. */
const char *multiboot2_read(const struct physical_window *window, coop_paddr address, struct boot_info *info);

#endif

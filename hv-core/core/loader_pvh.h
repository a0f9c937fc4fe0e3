/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loads an ELF guest by its PVH entry, as an unpacked Linux kernel (vmlinux) has one. Pure but for the memory's address
 * function.
 */
#ifndef CORE_LOADER_PVH_H
#define CORE_LOADER_PVH_H

#include "core/elf_image.h"
#include "core/loader.h"

/* As loader_load(), for an image that has been read and has such an entry. */
const char *loader_pvh_load(const struct guest_memory *memory, const struct loader_input *input,
                            const struct elf_image *image, struct loader_output *output);

#endif

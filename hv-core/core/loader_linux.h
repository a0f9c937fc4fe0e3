/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loads a guest by the 32-bit Linux/x86 boot protocol: an unmodified bzImage, or whatever else carries such a header.
 * Pure but for the memory's address function.
 */
#ifndef CORE_LOADER_LINUX_H
#define CORE_LOADER_LINUX_H

#include "core/loader.h"

/* As loader_load(). Its first module is the initial ramdisk. */
const char *loader_linux_load(const struct guest_memory *memory, const struct loader_input *input,
                              struct loader_output *output);

#endif

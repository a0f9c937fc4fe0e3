/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every way to load a guest asks about its memory: where contiguous RAM ends, where a file can go, and how a piece
 * is described in a memory map. Pure.
 */
#ifndef CORE_LOADER_SPACE_H
#define CORE_LOADER_SPACE_H

#include "core/loader.h"
#include <stdint.h>

/* Where the RAM that goes on without a hole from `start` ends, at most 4 GiB; `start` itself when there is none. */
uint64_t loader_space_end(const struct guest_memory *memory, uint64_t start);

/* Puts a file as high as possible, page-aligned, into [start, end). False when it does not fit. */
bool loader_space_place(const struct guest_memory *memory, uint64_t start, uint64_t end, const struct loader_file *file,
                        uint64_t *address);

/* MULTIBOOT_MEMORY_: the numbers are the same in Multiboot, E820 and PVH. What a guest can write below 1 MiB and above
 * 640 KiB is the memory of a device. */
uint32_t loader_space_type(const struct guest_memory_range *range);

#endif

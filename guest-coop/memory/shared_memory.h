/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory shared between processes, whose pages appear when touched: behind a file without a name (MAP_SHARED |
 * MAP_ANONYMOUS), or behind a segment of System V (syscall/segment_calls.c).
 */
#ifndef MEMORY_SHARED_MEMORY_H
#define MEMORY_SHARED_MEMORY_H

#include <coopvirt/abi.h>
#include <stdint.h>

struct file;
struct shared_memory;

/* The pages alone, or NULL when memory is exhausted; NULL may be freed. */
struct shared_memory *shared_memory_make(uint64_t pages);
void shared_memory_free(struct shared_memory *memory);

/* A page with one more reference; 0 beyond the end or when memory is exhausted. */
coop_paddr shared_memory_page(struct shared_memory *memory, uint64_t index);

/* Pages that have been touched. */
uint64_t shared_memory_resident(const struct shared_memory *memory);

/* A file with one reference, or NULL when memory is exhausted. */
struct file *shared_memory_create(uint64_t bytes);

#endif
